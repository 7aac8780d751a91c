import type { Media } from './model'

const prefetched = new Map<string, Media>()
let loadReader: (media: Media) => void = () => undefined

/** Set what loads the reader's code: the router knows where it is. */
export function onPrefetch(load: (media: Media) => void): void {
  loadReader = load
}

/** Load the reader's code before a media is opened: while the pointer is over its link. */
export function lookAhead(media: Media): void {
  prefetched.set(media.id, media)
  loadReader(media)
}

/** Return the media that was prefetched, once; null when it was not, or is not ready. */
export function glimpse(id: string): Media | null {
  const media = prefetched.get(id)
  prefetched.clear()
  return media?.status === 'ready' ? media : null
}
