import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { Confirm } from '../parts/Dialog'
import { displayName } from '../parts/displayName'
import { lazy } from '../parts/lazy'
import { VirtualList } from '../parts/VirtualList'
import { t } from '../texts'
import { deletePermanently } from './actions'
import { layout } from './filters'
import { MediaCard } from './MediaCard'
import type { MediaActions } from './menuItems'
import type { Media } from './model'
import type { PagedList } from './pagedList'
import { SelectionBar } from './SelectionBar'

const RenameDialog = lazy(() => import('./dialogs').then((module) => module.RenameDialog), { isDialog: true })
const EditTagsDialog = lazy(() => import('./dialogs').then((module) => module.EditTagsDialog), { isDialog: true })
const AddToCollectionDialog = lazy(() => import('./dialogs').then((module) => module.AddToCollectionDialog), { isDialog: true })
const ShareDialog = lazy(() => import('../sharing/ShareDialog').then((module) => module.ShareDialog), { isDialog: true })

type OpenDialog = { kind: 'rename' | 'share' | 'tags' | 'addToCollection' | 'deletePermanently'; media: Media[] }

/** How a media takes part in the selection. */
export interface Selection {
  isSelected: boolean
  isSelecting: boolean
  onSelect: (isRange: boolean) => void
}

interface Props {
  list: PagedList<Media>
  collectionId: string | null
  empty: ComponentChildren
  /** Renders a media instead of a card, in a sortable collection. */
  render?: (media: Media, index: number, actions: MediaActions, selection: Selection) => ComponentChildren
}

/** Media as cards, with selection and actions on several at once. */
export function MediaGrid({ list, collectionId, empty, render }: Props) {
  const [selectedIds, setSelectedIds] = useState<ReadonlySet<string>>(new Set())
  const [dialog, setDialog] = useState<OpenDialog | null>(null)
  const lastSelectedIndex = useRef<number | null>(null)
  const { items } = list
  const selected = items.filter((media) => selectedIds.has(media.id))
  const isGrid = layout.value === 'grid' && !render

  const select = (index: number, isRange: boolean) => {
    const media = items[index]
    if (!media) return
    const next = new Set(selectedIds)
    const isSelected = !next.has(media.id)
    const rangeStart = isRange && lastSelectedIndex.current !== null ? lastSelectedIndex.current : index
    for (const item of items.slice(Math.min(rangeStart, index), Math.max(rangeStart, index) + 1))
      isSelected ? next.add(item.id) : next.delete(item.id)
    lastSelectedIndex.current = index
    setSelectedIds(next)
  }
  const actions: MediaActions = {
    collectionId,
    onRename: (media) => setDialog({ kind: 'rename', media: [media] }),
    onEditTags: (media) => setDialog({ kind: 'tags', media }),
    onAddToCollection: (media) => setDialog({ kind: 'addToCollection', media }),
    onShare: (media) => setDialog({ kind: 'share', media: [media] }),
    onDeletePermanently: (media) => setDialog({ kind: 'deletePermanently', media }),
  }
  const close = () => setDialog(null)
  const first = dialog?.media[0]

  return (
    <>
      <p role="alert">{list.error && <span class="error-text">{list.error}</span>}</p>
      {!items.length && !list.isLoading && !list.error && empty}
      {!items.length && list.isLoading && <output class="spinner" aria-label={t.loading} />}
      <VirtualList
        items={items}
        keyOf={(media) => media.id}
        minCellWidth={isGrid ? 168 : 0}
        rowHeight={(width) => (isGrid ? Math.round(width * 1.25) + 84 : 76)}
        gap={isGrid ? 20 : 0}
        isComplete={list.isComplete}
        onNearEnd={list.loadMore}
        label={t.shell.library}
        render={(media, index) => {
          const selection: Selection = {
            isSelected: selectedIds.has(media.id),
            isSelecting: selected.length > 0,
            onSelect: (isRange) => select(index, isRange),
          }
          return (
            render?.(media, index, actions, selection) ?? (
              <MediaCard media={media} layout={isGrid ? 'grid' : 'list'} {...selection} actions={actions} />
            )
          )
        }}
      />
      {selected.length > 0 && <SelectionBar media={selected} all={items} actions={actions} onSelectionChange={setSelectedIds} />}
      {dialog?.kind === 'rename' && first && <RenameDialog media={first} onClose={close} />}
      {dialog?.kind === 'share' && first && <ShareDialog path={`/v1/media/${first.id}`} title={displayName(first.title)} onClose={close} />}
      {dialog?.kind === 'tags' && <EditTagsDialog media={dialog.media} onClose={close} />}
      {dialog?.kind === 'addToCollection' && <AddToCollectionDialog media={dialog.media} onClose={close} />}
      {dialog?.kind === 'deletePermanently' && (
        <Confirm
          title={t.library.deletePermanentlyTitle(dialog.media.length)}
          text={t.library.deletePermanentlyText}
          action={t.library.deletePermanently}
          onConfirm={() => void deletePermanently(dialog.media)}
          onClose={close}
        />
      )}
    </>
  )
}
