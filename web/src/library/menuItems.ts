import type { Choice } from '../parts/Menu'
import { go } from '../platform/route'
import { t } from '../texts'
import { download, restore, takeOut, throwAway } from './actions'
import type { Media } from './model'

/** What is asked about in a dialog; the library shows it. */
export interface Choices {
  collectionId: string | null
  onRename: (media: Media) => void
  onTags: (media: Media[]) => void
  onCollect: (media: Media[]) => void
  onPurge: (media: Media[]) => void
  /** One place up or down, where the order is one's own and there is one: dragging is not for everybody. */
  onUp?: (() => void) | undefined
  onDown?: (() => void) | undefined
}

/** What can be done with one media, in the state it is in. */
export function choicesFor(media: Media, { collectionId, onRename, onTags, onCollect, onPurge, onUp, onDown }: Choices): Choice[] {
  if (media.status === 'trashed')
    return [
      { label: t.library.restore, icon: 'restore', onChoose: () => void restore([media]) },
      { label: t.library.purge, icon: 'trash', danger: true, onChoose: () => onPurge([media]) },
    ]
  if (media.status === 'rejected' || media.status === 'expired')
    return [{ label: t.library.purge, icon: 'trash', danger: true, onChoose: () => onPurge([media]) }]
  const list: Choice[] = [
    { label: t.library.open, icon: 'document', onChoose: () => go(`/media/${media.id}`) },
    { label: t.library.rename, icon: 'edit', onChoose: () => onRename(media) },
    { label: t.library.editTags, icon: 'tag', onChoose: () => onTags([media]) },
    { label: t.library.addTo, icon: 'collection', onChoose: () => onCollect([media]) },
  ]
  if (onUp) list.push({ label: t.collections.up, icon: 'up', onChoose: onUp })
  if (onDown) list.push({ label: t.collections.down, icon: 'down', onChoose: onDown })
  if (collectionId) list.push({ label: t.library.takeOut, icon: 'minus', onChoose: () => void takeOut(collectionId, [media]) })
  if (media.status === 'ready') list.push({ label: t.library.download, icon: 'download', onChoose: () => void download(media) })
  list.push({ label: t.library.throwAway, icon: 'trash', danger: true, onChoose: () => void throwAway([media]) })
  return list
}
