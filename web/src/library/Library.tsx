import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Confirm } from '../parts/Dialog'
import { Icon } from '../parts/Icon'
import { Menu } from '../parts/Menu'
import { remembered } from '../platform/preferences'
import { go, route, withQuery } from '../platform/route'
import { t } from '../texts'
import { AddFiles } from '../uploads/AddFiles'
import { account } from './account'
import { purge, restore, throwAway } from './actions'
import { Cell } from './Cell'
import type { Choices } from './choices'
import { changed, useListing } from './list'
import type { Media } from './model'
import { Collect, EditTags, RenameMedia } from './questions'
import { SearchResults } from './Search'
import { Virtual } from './Virtual'

const shape = remembered<'grid' | 'list'>('shape', 'grid')
const sort = remembered<string>('sort', '-created_at')
const UNSETTLED_LOOK_MS = 2000

type Question = { what: 'rename' | 'tags' | 'collect' | 'purge'; media: Media[] }

/** Everything, or what fits the filters in the address; with `q`, what search finds. */
export function Library({ isTrash = false }: { isTrash?: boolean }) {
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
              label={`${t.library.sort}: ${t.library.sorts[sort.value]}`}
              class="quiet"
              choices={Object.entries(t.library.sorts).map(([key, label]) => ({
                label,
                checked: sort.value === key,
                onChoose: () => {
                  sort.value = key
                },
              }))}
            >
              {t.library.sorts[sort.value]} <Icon name="down" size={16} />
            </Menu>
            <ShapeSwitch />
          </div>
        )}
      </div>
      {(tag || (status && !isTrash)) && (
        <p class="filters">
          {tag && <Filter name="tag" label={t.library.tag(tag)} />}
          {status && <Filter name="status" label={t.library.statuses[status] ?? status} />}
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
                <AddFiles class="primary">
                  <Icon name="plus" /> {t.shell.add}
                </AddFiles>
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

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === t.name ? t.name : `${title} · ${t.name}`
  }, [title])
}

function Filter({ name, label }: { name: string; label: string }) {
  return (
    <a class="tag removable" href={`#${withQuery({ [name]: null })}`} aria-label={t.library.filterIsOn(label)}>
      {label} <Icon name="close" size={14} />
    </a>
  )
}

function FilterMenu({ status }: { status: string }) {
  const counted = account.value?.usage.media
  const states = ['ready', 'inspecting', 'pending', 'rejected'] as const
  const choices = ['', ...states].map((state) => ({
    label: state ? `${t.library.statuses[state]}${counted ? ` (${counted[state as 'ready']})` : ''}` : t.library.anyStatus,
    checked: status === state,
    onChoose: () => go(withQuery({ status: state || null })),
  }))
  return (
    <Menu label={`${t.library.filter}: ${status ? t.library.statuses[status] : t.library.anyStatus}`} class="quiet" choices={choices}>
      {t.library.filter} <Icon name="down" size={16} />
    </Menu>
  )
}

export function ShapeSwitch() {
  return (
    <fieldset class="switch">
      <legend class="unseen">{t.library.view}</legend>
      {(['grid', 'list'] as const).map((kind) => (
        <button
          key={kind}
          type="button"
          class="quiet square"
          aria-label={t.library[kind]}
          aria-pressed={shape.value === kind}
          onClick={() => {
            shape.value = kind
          }}
        >
          <Icon name={kind} />
        </button>
      ))}
    </fieldset>
  )
}

interface NothingProps {
  icon: 'upload' | 'trash' | 'search' | 'collection'
  title: string
  hint: string
  children?: ComponentChildren
}

export function Nothing({ icon, title, hint, children }: NothingProps) {
  return (
    <div class="nothing">
      <Icon name={icon} size={44} />
      <h2>{title}</h2>
      {hint && <p>{hint}</p>}
      {children}
    </div>
  )
}

interface ShelfProps {
  listing: ReturnType<typeof useListing<Media>>
  collectionId: string | null
  empty: ComponentChildren
  /** Instead of cells, where the order is one's own. */
  render?: (media: Media, index: number, choices: Choices) => ComponentChildren
}

/** Media as cells, with selection and what can be done with several at once. */
export function Shelf({ listing, collectionId, empty, render }: ShelfProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [question, setQuestion] = useState<Question | null>(null)
  const lastChosen = useRef<number | null>(null)
  const { items } = listing
  const selected = items.filter((media) => chosen.has(media.id))
  const isGrid = shape.value === 'grid' && !render

  const select = (index: number, isRange: boolean) => {
    const media = items[index]
    if (!media) return
    const next = new Set(chosen)
    const isOn = !next.has(media.id)
    const from = isRange && lastChosen.current !== null ? lastChosen.current : index
    for (const one of items.slice(Math.min(from, index), Math.max(from, index) + 1)) isOn ? next.add(one.id) : next.delete(one.id)
    lastChosen.current = index
    setChosen(next)
  }
  const choices: Choices = {
    collectionId,
    onRename: (media) => setQuestion({ what: 'rename', media: [media] }),
    onTags: (media) => setQuestion({ what: 'tags', media }),
    onCollect: (media) => setQuestion({ what: 'collect', media }),
    onPurge: (media) => setQuestion({ what: 'purge', media }),
  }
  const close = () => setQuestion(null)
  const first = question?.media[0]

  return (
    <>
      <p role="alert">{listing.error && <span class="error-text">{listing.error}</span>}</p>
      {!items.length && !listing.isLoading && !listing.error && empty}
      {!items.length && listing.isLoading && <output class="spinner" aria-label={t.loading} />}
      <Virtual
        items={items}
        keyOf={(media) => media.id}
        cellWidth={isGrid ? 168 : 0}
        rowHeight={(width) => (isGrid ? Math.round(width * 1.25) + 84 : 76)}
        gap={isGrid ? 20 : 0}
        isComplete={listing.isComplete}
        onNearEnd={listing.more}
        label={t.shell.library}
        render={(media, index) =>
          render?.(media, index, choices) ?? (
            <Cell
              media={media}
              shape={isGrid ? 'grid' : 'list'}
              isSelected={chosen.has(media.id)}
              isSelecting={selected.length > 0}
              onSelect={(isRange) => select(index, isRange)}
              choices={choices}
            />
          )
        }
      />
      {selected.length > 0 && <Selection media={selected} all={items} choices={choices} onChosen={setChosen} />}
      {question?.what === 'rename' && first && <RenameMedia media={first} onClose={close} />}
      {question?.what === 'tags' && <EditTags media={question.media} onClose={close} />}
      {question?.what === 'collect' && <Collect media={question.media} onClose={close} />}
      {question?.what === 'purge' && (
        <Confirm
          title={t.library.purgeTitle(question.media.length)}
          text={t.library.purgeText}
          action={t.library.purge}
          onYes={() => void purge(question.media)}
          onClose={close}
        />
      )}
    </>
  )
}

interface SelectionProps {
  media: Media[]
  all: Media[]
  choices: Choices
  onChosen: (ids: ReadonlySet<string>) => void
}

/** What can be done with all that are selected. */
function Selection({ media, all, choices, onChosen }: SelectionProps) {
  const isTrash = media.every((one) => one.status === 'trashed')
  const isRemovable = media.every((one) => one.status === 'trashed' || one.status === 'rejected' || one.status === 'expired')
  return (
    <section class="selection" aria-label={t.library.selected(media.length)}>
      <strong role="status">{t.library.selected(media.length)}</strong>
      <button type="button" class="quiet" onClick={() => onChosen(new Set(all.map((one) => one.id)))}>
        {t.library.selectAll}
      </button>
      <span class="selection-actions">
        {isTrash && (
          <button type="button" class="plain" onClick={() => void restore(media)}>
            <Icon name="restore" /> {t.library.restore}
          </button>
        )}
        {!isRemovable && (
          <>
            <button type="button" class="plain" onClick={() => choices.onCollect(media)}>
              <Icon name="collection" /> {t.library.addTo}
            </button>
            <button type="button" class="plain" onClick={() => choices.onTags(media)}>
              <Icon name="tag" /> {t.library.editTags}
            </button>
          </>
        )}
        <button type="button" class="plain dangerous" onClick={() => (isRemovable ? choices.onPurge(media) : void throwAway(media))}>
          <Icon name="trash" /> {isRemovable ? t.library.purge : t.library.throwAway}
        </button>
      </span>
      <button type="button" class="quiet square" aria-label={t.library.deselect} onClick={() => onChosen(new Set())}>
        <Icon name="close" />
      </button>
    </section>
  )
}
