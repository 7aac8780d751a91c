import { type Media, mediaKind } from './model'

/** What the library can have played. The player is set from outside: the library must not import it. */
export interface PlayActions {
  playNext: (media: readonly Media[]) => void
  addToQueue: (media: readonly Media[]) => void
  playCollection: (collectionId: string) => void
}

let actions: PlayActions | undefined

export function onPlay(set: PlayActions): void {
  actions = set
}

export const playActions = (): PlayActions | undefined => actions

export const isPlayable = (media: Media): boolean =>
  media.status === 'ready' && ((media.word_count ?? 0) > 0 || ['audio', 'video'].includes(mediaKind(media.media_type)))
