import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { Nothing } from '../parts/EmptyState'
import { Icon } from '../parts/Icon'
import { Menu } from '../parts/Menu'
import { useTitle } from '../parts/title'
import { route } from '../platform/route'
import { t, textOf } from '../texts'
import { Filter, FilterMenu, ShapeSwitch, sort } from './filters'
import { Shelf } from './MediaGrid'
import type { Media } from './model'
import { changed, useListing } from './pagedList'
import { SearchResults } from './Search'

const UNSETTLED_LOOK_MS = 2000

/** Everything, or what fits the filters in the address; with `q`, what search finds. */
export function Library({ isTrash = false, addFiles }: { isTrash?: boolean; addFiles?: () => ComponentChildren }) {
  const { query } = route.value
  const q = query.get('q') ?? ''
  const type = query.get('type') ?? ''
  const tag = query.get('tag') ?? ''
  const status = isTrash ? 'trashed' : (query.get('status') ?? '')
  const filters = { ...(type ? { media_type: type } : {}), ...(tag ? { tag } : {}), ...(status ? { status } : {}) }
  const listing = useListing<Media>('/v1/media', { ...filters, sort: sort.value })

  // What is being checked changes by itself.
  const unsettled = listing.items.some((media) => media.status === 'pending' || media.status === 'inspecting')
  useEffect(() => {
    if (!unsettled) return
    const timer = setInterval(changed, UNSETTLED_LOOK_MS)
    return () => clearInterval(timer)
  }, [unsettled])

  const heading = isTrash ? t.shell.trash : q ? t.library.search : (KINDS[type]?.() ?? t.shell.library)
  useTitle(heading)

  return (
    <>
      <div class="headline">
        <h1>{heading}</h1>
        {!q && !isTrash && (
          <div class="tools">
            <FilterMenu status={status} />
            <Menu
              label={`${t.library.sort}: ${textOf(t.library.sorts, sort.value)}`}
              class="quiet"
              choices={Object.entries(t.library.sorts).map(([key, label]) => ({
                label,
                checked: sort.value === key,
                onChoose: () => {
                  sort.value = key
                },
              }))}
            >
              {textOf(t.library.sorts, sort.value)} <Icon name="down" size={16} />
            </Menu>
            <ShapeSwitch />
          </div>
        )}
      </div>
      {(tag || (status && !isTrash)) && (
        <p class="filters">
          {tag && <Filter name="tag" label={t.library.tag(tag)} />}
          {status && <Filter name="status" label={textOf(t.library.statuses, status) ?? status} />}
        </p>
      )}
      {q && !isTrash ? (
        <SearchResults q={q} />
      ) : (
        <Shelf
          listing={listing}
          collectionId={null}
          empty={
            isTrash ? (
              <Nothing icon="trash" title={t.library.emptyTrash} hint={t.library.emptyTrashHint} />
            ) : type || tag || status ? (
              <Nothing icon="search" title={t.library.emptyFilter} hint="">
                <a class="button plain" href="#/library">
                  {t.library.clearFilters}
                </a>
              </Nothing>
            ) : (
              <Nothing icon="upload" title={t.library.empty} hint={t.library.emptyHint}>
                {addFiles?.()}
              </Nothing>
            )
          }
        />
      )}
    </>
  )
}

const KINDS: Record<string, () => string> = {
  'application/*': () => t.shell.documents,
  'text/*': () => t.shell.texts,
  'image/*': () => t.shell.pictures,
  'audio/*': () => t.shell.audio,
  'video/*': () => t.shell.video,
}
