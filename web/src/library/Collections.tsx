import { useEffect, useState } from 'preact/hooks'
import { call } from '../api/client'
import { sentence } from '../api/problem'
import { Confirm } from '../parts/Dialog'
import { Nothing } from '../parts/EmptyState'
import { Icon } from '../parts/Icon'
import { Menu } from '../parts/Menu'
import { useTitle } from '../parts/title'
import { announce, tell } from '../parts/toasts'
import { go } from '../platform/route'
import { t } from '../texts'
import { collections, loadCollections } from './account'
import { move } from './actions'
import { EditCollection } from './dialogs'
import { Cell } from './MediaCard'
import { Shelf } from './MediaGrid'
import type { Media } from './model'
import { changed, useListing } from './pagedList'

/** All collections. */
export function Collections() {
  const [isNew, setNew] = useState(false)
  useTitle(t.collections.title)
  useEffect(() => {
    loadCollections().catch((error) => tell(sentence(error), { isError: true }))
  }, [])
  return (
    <>
      <div class="headline">
        <h1>{t.collections.title}</h1>
        <button type="button" class="plain" onClick={() => setNew(true)}>
          <Icon name="plus" /> {t.shell.newCollection}
        </button>
      </div>
      {collections.value.length ? (
        <ul class="shelves">
          {collections.value.map((collection) => (
            <li key={collection.id}>
              <a href={`#/collections/${collection.id}`}>
                <Icon name="collection" size={28} />
                <strong>{collection.name}</strong>
                <span class="dim">{t.library.items(collection.item_count)}</span>
                {collection.description && <span>{collection.description}</span>}
              </a>
            </li>
          ))}
        </ul>
      ) : (
        <Nothing icon="collection" title={t.collections.empty} hint={t.collections.emptyHint} />
      )}
      {isNew && <EditCollection onClose={() => setNew(false)} onCreated={(made) => go(`/collections/${made.id}`)} />}
    </>
  )
}

/** One collection, in its own order. */
export function CollectionShelf({ id }: { id: string }) {
  const collection = collections.value.find((one) => one.id === id)
  const listing = useListing<Media>(`/v1/collections/${id}/media`, {})
  const [dialog, setDialog] = useState<'edit' | 'remove' | null>(null)
  const [dragged, setDragged] = useState<string | null>(null)
  useTitle(collection?.name ?? t.collections.title)

  const place = async (media: Media, to: number) => {
    const from = listing.items.findIndex((one) => one.id === media.id)
    if (to < 0 || to >= listing.items.length || to === from) return
    const next = listing.items.filter((one) => one.id !== media.id)
    next.splice(to, 0, media)
    listing.put(next)
    announce(t.collections.moved(media.title, to + 1, next.length))
    try {
      await move(id, media.id, to)
    } catch (error) {
      tell(sentence(error), { isError: true })
      changed()
    }
  }
  const remove = async () => {
    try {
      await call('DELETE', `/v1/collections/${id}`)
      await loadCollections()
      go('/collections')
    } catch (error) {
      tell(sentence(error), { isError: true })
    }
  }

  return (
    <>
      <div class="headline">
        <div>
          <h1>{collection?.name ?? t.collections.title}</h1>
          {collection?.description && <p class="dim">{collection.description}</p>}
        </div>
        <Menu
          label={t.more}
          choices={[
            { label: t.collections.edit, icon: 'edit', onChoose: () => setDialog('edit') },
            { label: t.collections.remove, icon: 'trash', danger: true, onChoose: () => setDialog('remove') },
          ]}
        >
          <Icon name="more" />
        </Menu>
      </div>
      {listing.items.length > 1 && <p class="hint order-hint">{t.collections.order}</p>}
      <Shelf
        listing={listing}
        collectionId={id}
        empty={<Nothing icon="collection" title={t.library.emptyCollection} hint={t.library.emptyCollectionHint} />}
        render={(media, index, choices) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: what is dragged over it; the handle has keys for the same
          <div
            class={`ordered ${dragged === media.id ? 'dragged' : ''}`}
            onDragOver={(event) => {
              if (!dragged) return
              event.preventDefault()
              const moved = listing.items.find((one) => one.id === dragged)
              const from = listing.items.findIndex((one) => one.id === dragged)
              if (!moved || from === index) return
              const next = listing.items.filter((one) => one.id !== dragged)
              next.splice(index, 0, moved)
              listing.put(next)
            }}
            onDrop={(event) => event.preventDefault()}
          >
            <button
              type="button"
              class="handle quiet square"
              draggable
              aria-label={t.collections.handle(media.title, index + 1, listing.items.length)}
              onDragStart={(event) => {
                event.dataTransfer?.setData('text/plain', media.title)
                setDragged(media.id)
              }}
              onDragEnd={() => {
                setDragged(null)
                const to = listing.items.findIndex((one) => one.id === media.id)
                move(id, media.id, to).catch((error) => tell(sentence(error), { isError: true }))
              }}
              onKeyDown={(event) => {
                const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
                if (step === undefined) return
                event.preventDefault()
                void place(media, index + step)
              }}
            >
              <Icon name="handle" />
            </button>
            <Cell
              media={media}
              shape="list"
              isSelected={false}
              isSelecting={false}
              onSelect={null}
              choices={{
                ...choices,
                onUp: index > 0 ? () => void place(media, index - 1) : undefined,
                onDown: index < listing.items.length - 1 ? () => void place(media, index + 1) : undefined,
              }}
            />
          </div>
        )}
      />
      {dialog === 'edit' && collection && <EditCollection collection={collection} onClose={() => setDialog(null)} />}
      {dialog === 'remove' && collection && (
        <Confirm
          title={t.collections.removeTitle(collection.name)}
          text={t.collections.removeText}
          action={t.collections.remove}
          onYes={() => void remove()}
          onClose={() => setDialog(null)}
        />
      )}
    </>
  )
}
