import '../styles/annotations.css'
import { useEffect, useRef, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { MAX_CHARACTERS } from '../api/limits'
import { errorMessage } from '../api/problem'
import { displayName } from '../parts/displayName'
import { EmptyState } from '../parts/EmptyState'
import { Icon } from '../parts/Icon'
import { Menu } from '../parts/Menu'
import { Name } from '../parts/Name'
import { useTitle } from '../parts/title'
import { reportErrors, toast } from '../parts/toasts'
import { navigate, pathWithQuery, route } from '../platform/route'
import { t } from '../texts'
import { AnnotationItem } from './AnnotationItem'
import { EXPORT_FORMATS, exportAnnotations } from './export'
import type { Annotation } from './model'
import { NoteDialog } from './NoteDialog'
import { deleteAnnotation, updateAnnotation } from './writes'

const PAGE_SIZE = 50
const DEBOUNCE_MS = 180 // not noticed while typing, and saves a request for most letters

/** All bookmarks, highlights and notes, newest first, with a search. */
export function Notes() {
  useTitle(t.shell.notes)
  const q = route.value.query.get('find') ?? ''
  const [items, setItems] = useState<Annotation[] | null>(null)
  const [next, setNext] = useState<string | null>(null)
  const [error, setError] = useState('')
  const [edited, setEdited] = useState<Annotation | null>(null)
  const timer = useRef(0)
  const load = async (cursor: string | null, isCurrent: () => boolean) => {
    setError('')
    try {
      const page = await call<Page<Annotation>>('GET', '/v1/annotations', { query: { q, limit: PAGE_SIZE, cursor } })
      if (!isCurrent()) return
      setItems((before) => [...((cursor && before) || []), ...page.items])
      setNext(page.next_cursor)
    } catch (thrown) {
      if (isCurrent()) setError(errorMessage(thrown))
    }
  }
  useEffect(() => {
    let isCurrent = true
    void load(null, () => isCurrent)
    return () => {
      isCurrent = false
    }
  }, [q])
  const search = (value: string) => {
    clearTimeout(timer.current)
    timer.current = setTimeout(
      () => navigate(pathWithQuery({ find: value.trim() || null }), { replace: true }),
      DEBOUNCE_MS,
    ) as unknown as number
  }
  const remove = (annotation: Annotation) =>
    reportErrors(async () => {
      await deleteAnnotation(annotation)
      setItems((before) => before?.filter(({ id }) => id !== annotation.id) ?? null)
      toast(annotation.kind === 'bookmark' ? t.annotations.bookmarkDeleted : t.annotations.highlightDeleted)
    })
  return (
    <>
      <div class="page-header">
        <h1>{t.shell.notes}</h1>
        <search class="search notes-search">
          <Icon name="search" />
          <input
            type="search"
            aria-label={t.annotations.hint}
            placeholder={t.annotations.hint}
            defaultValue={q}
            maxLength={MAX_CHARACTERS.q}
            onInput={(event) => search(event.currentTarget.value)}
          />
        </search>
      </div>
      {error && (
        <div class="empty-state" role="alert">
          <p>{error}</p>
          <button type="button" class="plain" onClick={() => void load(null, () => true)}>
            {t.tryAgain}
          </button>
        </div>
      )}
      {!items && !error && <output class="spinner" aria-label={t.loading} />}
      {items?.length === 0 && (
        <EmptyState
          icon="search"
          title={q ? t.annotations.nothingFound : t.annotations.empty}
          hint={q ? t.annotations.nothingFoundHint : t.annotations.emptyHint}
        />
      )}
      <ul class="annotation-list wide-list">
        {items?.map((annotation) => (
          <AnnotationItem
            key={annotation.id}
            annotation={annotation}
            renderPassage={(passage) => (
              <a class="annotation-jump" href={addressOf(annotation)}>
                {passage}
              </a>
            )}
            onEdit={() => setEdited(annotation)}
            onDelete={() => void remove(annotation)}
          >
            <div class="annotation-document">
              <a href={`#/media/${annotation.media_id}`}>
                <Name>{annotation.media_title}</Name>
              </a>
              <Menu
                label={t.annotations.actionsOf(displayName(annotation.media_title))}
                items={EXPORT_FORMATS.map((format) => ({
                  label: t.annotations.exports[format],
                  icon: 'download',
                  onSelect: () =>
                    void reportErrors(() => exportAnnotations({ id: annotation.media_id, title: annotation.media_title }, format)),
                }))}
              >
                <Icon name="more" />
              </Menu>
            </div>
          </AnnotationItem>
        ))}
      </ul>
      {next && (
        <button type="button" class="plain" onClick={() => void load(next, () => true)}>
          {t.showMore}
        </button>
      )}
      {edited && (
        <NoteDialog
          quote={edited.quotation.exact}
          note={edited.note ?? ''}
          onSave={async (note) => {
            const changed = await updateAnnotation(edited, { note })
            setItems((before) => before?.map((item) => (item.id === changed.id ? changed : item)) ?? null)
          }}
          onClose={() => setEdited(null)}
        />
      )}
    </>
  )
}

/** The address of the place of an annotation in its document. */
function addressOf({ media_id, start, page, quotation, detached }: Annotation): string {
  if (detached) return `#/media/${media_id}`
  return quotation.exact ? `#/media/${media_id}?at=${start}` : `#/media/${media_id}?page=${page}`
}
