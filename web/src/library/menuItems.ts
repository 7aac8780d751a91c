import { displayName } from '../parts/displayName'
import type { MenuItem } from '../parts/Menu'
import { reportErrors, toast } from '../parts/toasts'
import { isOnDevice, keptMedia } from '../platform/keptMedia'
import { navigate } from '../platform/route'
import { t, withScreenTexts } from '../texts'
import { cancelUpload, download, moveToTrash, removeFromCollection, restore } from './actions'
import type { Media } from './model'
import { isPlayable, playActions } from './playActions'

/** Actions on media that the library implements, because they open a dialog or change an order. */
export interface MediaActions {
  collectionId: string | null
  onRename: (media: Media) => void
  onEditTags: (media: Media[]) => void
  onAddToCollection: (media: Media[]) => void
  onShare: (media: Media) => void
  onDeletePermanently: (media: Media[]) => void
  /** Move by one position, in a collection: an alternative to dragging. */
  onMoveUp?: (() => void) | undefined
  onMoveDown?: (() => void) | undefined
}

/** The menu of a media: the actions that its status allows. */
export function menuItemsFor(media: Media, actions: MediaActions): MenuItem[] {
  const { collectionId, onMoveUp, onMoveDown } = actions
  const deletePermanently: MenuItem = {
    label: t.library.deletePermanently,
    icon: 'trash',
    danger: true,
    onSelect: () => actions.onDeletePermanently([media]),
  }
  if (media.status === 'trashed')
    return [{ label: t.library.restore, icon: 'restore', onSelect: () => void restore([media]) }, deletePermanently]
  if (media.status === 'rejected' || media.status === 'expired') return [deletePermanently]
  if (media.status === 'pending')
    return [{ label: t.library.cancelUpload, icon: 'close', danger: true, onSelect: () => void cancelUpload([media]) }]
  const items: MenuItem[] = [
    { label: t.library.open, icon: 'document', onSelect: () => navigate(`/media/${media.id}`) },
    { label: t.library.rename, icon: 'edit', onSelect: () => actions.onRename(media) },
    { label: t.library.editTags, icon: 'tag', onSelect: () => actions.onEditTags([media]) },
    { label: t.library.addToCollection, icon: 'collection', onSelect: () => actions.onAddToCollection([media]) },
  ]
  if (isPlayable(media)) {
    items.splice(
      1,
      0,
      { label: t.library.playNext, icon: 'play', onSelect: () => playActions()?.playNext([media]) },
      { label: t.library.addToQueue, icon: 'queue', onSelect: () => playActions()?.addToQueue([media]) },
    )
  }
  if (onMoveUp) items.push({ label: t.library.moveUp, icon: 'up', onSelect: onMoveUp })
  if (onMoveDown) items.push({ label: t.library.moveDown, icon: 'down', onSelect: onMoveDown })
  if (collectionId)
    items.push({ label: t.library.removeFromCollection, icon: 'minus', onSelect: () => void removeFromCollection(collectionId, [media]) })
  if (media.status === 'ready') items.push({ label: t.library.share, icon: 'share', onSelect: () => actions.onShare(media) })
  if (media.status === 'ready') items.push(keepItem(media))
  if (media.status === 'ready') items.push({ label: t.library.download, icon: 'download', onSelect: () => void download(media) })
  if (media.status === 'ready')
    items.push({ label: t.library.moveToTrash, icon: 'trash', danger: true, onSelect: () => void moveToTrash([media]) })
  return items
}

/** Keeps a media on this device, or removes it. */
export function keepItem(media: Media): MenuItem {
  const isKept = isOnDevice(keptMedia.value[media.id])
  const select = async () => {
    const { keep, remove } = await withScreenTexts(import('../offline/keep'))
    if (isKept) await remove(media.id)
    else {
      toast(t.offline.keepingTitle(displayName(media.title)))
      await keep(media)
    }
  }
  return { label: isKept ? t.offline.remove : t.offline.keep, icon: 'device', onSelect: () => void reportErrors(select) }
}
