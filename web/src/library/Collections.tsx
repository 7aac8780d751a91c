import { useEffect, useState } from 'preact/hooks'
import { call } from '../api/client'
import { errorMessage } from '../api/problem'
import { Confirm } from '../parts/Dialog'
import { displayName } from '../parts/displayName'
import { EmptyState } from '../parts/EmptyState'
import { Icon } from '../parts/Icon'
import { Menu } from '../parts/Menu'
import { Name } from '../parts/Name'
import { useTitle } from '../parts/title'
import { announceToScreenReader, toast } from '../parts/toasts'
import { navigate } from '../platform/route'
import { ShareDialog } from '../sharing/ShareDialog'
import { t } from '../texts'
import { areCollectionsLoaded, collections, loadCollections } from './account'
import { moveInCollection } from './actions'
import { CollectionDialog } from './dialogs'
import { MediaCard } from './MediaCard'
import { MediaGrid } from './MediaGrid'
import type { Media } from './model'
import { invalidateLibrary, usePagedList } from './pagedList'
import { isPlayable, playActions } from './playActions'

/** The list of collections. */
export function Collections() {
  const [isCreating, setCreating] = useState(false)
  useTitle(t.collections.title)
  useEffect(() => {
    loadCollections().catch((error) => toast(errorMessage(error), { isError: true }))
  }, [])
  return (
    <>
      <div class="page-header">
        <h1>{t.collections.title}</h1>
        <button type="button" class="plain" onClick={() => setCreating(true)}>
          <Icon name="plus" /> {t.shell.newCollection}
        </button>
      </div>
      {collections.value.length ? (
        <ul class="collection-list">
          {collections.value.map((collection) => (
            <li key={collection.id}>
              <a href={`#/collections/${collection.id}`}>
                <Icon name="collection" size={28} />
                <strong>
                  <Name>{collection.name}</Name>
                </strong>
                <span class="dim">{t.library.items(collection.item_count)}</span>
                {collection.description && (
                  <span>
                    <Name>{collection.description}</Name>
                  </span>
                )}
              </a>
            </li>
          ))}
        </ul>
      ) : areCollectionsLoaded.value ? (
        <EmptyState icon="collection" title={t.collections.empty} hint={t.collections.emptyHint} />
      ) : (
        <output class="spinner" aria-label={t.loading} />
      )}
      {isCreating && (
        <CollectionDialog onClose={() => setCreating(false)} onCreated={(created) => navigate(`/collections/${created.id}`)} />
      )}
    </>
  )
}

/** A collection: its media in an order that the user can change. */
export function CollectionMedia({ id }: { id: string }) {
  const collection = collections.value.find((candidate) => candidate.id === id)
  const list = usePagedList<Media>(`/v1/collections/${id}/media`, {})
  const [dialog, setDialog] = useState<'edit' | 'delete' | 'share' | null>(null)
  const [draggedId, setDraggedId] = useState<string | null>(null)
  useTitle(collection ? displayName(collection.name) : t.collections.title)

  const moveTo = async (media: Media, position: number) => {
    const current = list.items.findIndex((item) => item.id === media.id)
    if (position < 0 || position >= list.items.length || position === current) return
    list.setItems(reordered(list.items, media, position))
    announceToScreenReader(t.collections.moved(displayName(media.title), position + 1, list.items.length))
    try {
      await moveInCollection(id, media.id, position)
    } catch (error) {
      toast(errorMessage(error), { isError: true })
      invalidateLibrary()
    }
  }
  const deleteCollection = async () => {
    try {
      await call('DELETE', `/v1/collections/${id}`)
      await loadCollections()
      navigate('/collections')
    } catch (error) {
      toast(errorMessage(error), { isError: true })
    }
  }

  return (
    <>
      <div class="page-header">
        <div>
          <h1>{collection ? <Name>{collection.name}</Name> : t.collections.title}</h1>
          {collection?.description && (
            <p class="dim">
              <Name>{collection.description}</Name>
            </p>
          )}
        </div>
        <div class="page-actions">
          {list.items.some(isPlayable) && (
            <button type="button" class="primary" onClick={() => playActions()?.playCollection(id)}>
              <Icon name="play" /> {t.queue.playAll}
            </button>
          )}
          <Menu
            label={t.more}
            items={[
              { label: t.collections.edit, icon: 'edit', onSelect: () => setDialog('edit') },
              { label: t.library.share, icon: 'share', onSelect: () => setDialog('share') },
              { label: t.collections.delete, icon: 'trash', danger: true, onSelect: () => setDialog('delete') },
            ]}
          >
            <Icon name="more" />
          </Menu>
        </div>
      </div>
      {list.items.length > 1 && <p class="hint order-hint">{t.collections.orderHint}</p>}
      <MediaGrid
        list={list}
        collectionId={id}
        empty={<EmptyState icon="collection" title={t.library.emptyCollection} hint={t.library.emptyCollectionHint} />}
        render={(media, index, actions, selection) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: a drop target; the handle offers the same by keyboard
          <div
            class={`sortable-row ${draggedId === media.id ? 'dragged' : ''}`}
            onDragOver={(event) => {
              if (!draggedId) return
              event.preventDefault()
              const dragged = list.items.find((item) => item.id === draggedId)
              if (dragged && list.items[index] !== dragged) list.setItems(reordered(list.items, dragged, index))
            }}
            onDrop={(event) => event.preventDefault()}
          >
            <button
              type="button"
              class="handle quiet square"
              draggable
              aria-label={t.collections.handle(displayName(media.title), index + 1, list.items.length)}
              onDragStart={(event) => {
                event.dataTransfer?.setData('text/plain', displayName(media.title))
                setDraggedId(media.id)
              }}
              onDragEnd={() => {
                setDraggedId(null)
                const position = list.items.findIndex((item) => item.id === media.id)
                moveInCollection(id, media.id, position).catch((error) => toast(errorMessage(error), { isError: true }))
              }}
              onKeyDown={(event) => {
                const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
                if (step === undefined) return
                event.preventDefault()
                void moveTo(media, index + step)
              }}
            >
              <Icon name="handle" />
            </button>
            <MediaCard
              media={media}
              layout="list"
              {...selection}
              actions={{
                ...actions,
                onMoveUp: index > 0 ? () => void moveTo(media, index - 1) : undefined,
                onMoveDown: index < list.items.length - 1 ? () => void moveTo(media, index + 1) : undefined,
              }}
            />
          </div>
        )}
      />
      {dialog === 'edit' && collection && <CollectionDialog collection={collection} onClose={() => setDialog(null)} />}
      {dialog === 'share' && collection && (
        <ShareDialog path={`/v1/collections/${id}`} title={displayName(collection.name)} isCollection onClose={() => setDialog(null)} />
      )}
      {dialog === 'delete' && collection && (
        <Confirm
          title={t.collections.deleteTitle(displayName(collection.name))}
          text={t.collections.deleteText}
          action={t.collections.delete}
          onConfirm={() => void deleteCollection()}
          onClose={() => setDialog(null)}
        />
      )}
    </>
  )
}

function reordered(items: Media[], moved: Media, position: number): Media[] {
  const next = items.filter((item) => item.id !== moved.id)
  next.splice(position, 0, moved)
  return next
}
