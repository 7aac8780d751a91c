import type { ComponentChildren } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { Confirm } from '../parts/Dialog'
import { displayName } from '../parts/displayName'
import { EmptyState } from '../parts/EmptyState'
import { Icon } from '../parts/Icon'
import { lazy } from '../parts/lazy'
import { Menu } from '../parts/Menu'
import { useTitle } from '../parts/title'
import { route } from '../platform/route'
import { labelFor, t } from '../texts'
import { emptyTrash } from './actions'
import { ContinueShelf, useBegunMedia } from './ContinueShelf'
import { isWatchingClosely } from './changeFeed'
import { ActiveFilter, FilterMenu, LayoutToggle, sort } from './filters'
import { MediaGrid } from './MediaGrid'
import type { Media } from './model'
import { usePagedList } from './pagedList'
import { TagFilter } from './TagFilter'

const SearchResults = lazy(() => import('./SearchResults').then((module) => module.SearchResults), { hasTexts: true })

const ADDED_WITHIN_MS = 120_000 // an upload that has not moved for longer may have been abandoned

const isBeingAdded = ({ status, updated_at }: Media) =>
  (status === 'pending' || status === 'inspecting') && Date.now() - Date.parse(updated_at) < ADDED_WITHIN_MS

/** The library with the filters of the URL, the trash, or the results of the search `q`. */
export function Library({ isTrash = false, renderAddFiles }: { isTrash?: boolean; renderAddFiles?: () => ComponentChildren }) {
  const { query } = route.value
  const q = query.get('q') ?? ''
  const type = query.get('type') ?? ''
  const tag = query.get('tag') ?? ''
  const status = isTrash ? 'trashed' : (query.get('status') ?? '')
  const filters = { ...(type ? { media_type: type } : {}), ...(tag ? { tag } : {}), ...(status ? { status } : {}) }
  const list = usePagedList<Media>('/v1/media', { ...filters, sort: sort.value })
  const isWhole = !q && !type && !tag && !status
  const begun = useBegunMedia(isWhole)
  const isShelfKnown = begun.items.length > 0 || begun.isComplete || !begun.isLoading
  // A shelf that came later, because another device began to read, would move what the user is about to press: it waits for the next visit.
  const visit = useMemo((): { hasShelf?: boolean } => ({}), [isWhole])
  if (isShelfKnown) visit.hasShelf ??= begun.items.length > 0

  const [isConfirming, setConfirming] = useState(false)
  const isChanging = list.items.some(isBeingAdded)
  useEffect(() => {
    isWatchingClosely.value = isChanging
    return () => {
      isWatchingClosely.value = false
    }
  }, [isChanging])

  const heading = isTrash ? t.shell.trash : q ? t.library.search : (TYPE_HEADINGS[type]?.() ?? t.shell.library)
  useTitle(heading)

  return (
    <>
      <div class="page-header">
        <h1>{heading}</h1>
        {!q && !isTrash && (
          <div class="toolbar">
            <FilterMenu status={status} />
            <TagFilter />
            <Menu
              label={`${t.library.sort}: ${labelFor(t.library.sorts, sort.value)}`}
              class="quiet"
              items={Object.entries(t.library.sorts).map(([key, label]) => ({
                label,
                checked: sort.value === key,
                onSelect: () => {
                  sort.value = key
                },
              }))}
            >
              {labelFor(t.library.sorts, sort.value)} <Icon name="down" size={16} />
            </Menu>
            <LayoutToggle />
          </div>
        )}
        {isTrash && list.items.length > 0 && (
          <button type="button" class="plain" onClick={() => setConfirming(true)}>
            <Icon name="trash" /> {t.library.emptyTrashAction}
          </button>
        )}
      </div>
      {isConfirming && (
        <Confirm
          title={t.library.emptyTrashTitle}
          text={t.library.emptyTrashText}
          action={t.library.emptyTrashAction}
          onConfirm={() => void emptyTrash()}
          onClose={() => setConfirming(false)}
        />
      )}
      {(tag || (status && !isTrash)) && (
        <p class="filters">
          {tag && <ActiveFilter name="tag" label={t.library.tag(displayName(tag))} />}
          {status && <ActiveFilter name="status" label={labelFor(t.library.statuses, status) ?? status} />}
        </p>
      )}
      {visit.hasShelf && <ContinueShelf items={begun.items} />}
      {q && !isTrash ? (
        <SearchResults q={q} />
      ) : (
        <MediaGrid
          list={isShelfKnown ? list : { ...list, items: [], isLoading: true }} // the shelf above would move it
          collectionId={null}
          empty={
            isTrash ? (
              <EmptyState icon="trash" title={t.library.emptyTrash} hint={t.library.emptyTrashHint} />
            ) : type || tag || status ? (
              <EmptyState icon="search" title={t.library.noMatches} hint="">
                <a class="button plain" href="#/library">
                  {t.library.clearFilters}
                </a>
              </EmptyState>
            ) : (
              <EmptyState icon="upload" title={t.library.empty} hint={t.library.emptyHint}>
                {renderAddFiles?.()}
              </EmptyState>
            )
          }
        />
      )}
    </>
  )
}

const TYPE_HEADINGS: Record<string, () => string> = {
  'application/*': () => t.shell.documents,
  'text/*': () => t.shell.texts,
  'image/*': () => t.shell.images,
  'audio/*': () => t.shell.audio,
  'video/*': () => t.shell.video,
}
