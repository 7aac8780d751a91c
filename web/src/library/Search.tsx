import { Fragment } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { MAX_CHARACTERS } from '../api/limits'
import { errorMessage } from '../api/problem'
import { displayName } from '../parts/displayName'
import { EmptyState } from '../parts/EmptyState'
import { Icon } from '../parts/Icon'
import { Name } from '../parts/Name'
import { navigate, pathWithQuery, route } from '../platform/route'
import { t } from '../texts'
import type { SearchHit } from './model'
import { Snippet } from './Snippet'

const DEBOUNCE_MS = 180 // not noticed while typing, and saves a request for most letters

export function SearchField() {
  const q = route.value.query.get('q') ?? ''
  const [text, setText] = useState(q)
  const timer = useRef(0)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    // While the user types, the text is ahead of the URL. On a screen without `q` the field is empty.
    if (document.activeElement !== field.current || !q) setText(q)
  }, [q])
  useEffect(() => {
    const focusOnSlash = (event: KeyboardEvent) => {
      const isTyping = (event.target as HTMLElement).closest('input, textarea, select, [contenteditable], dialog')
      if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault()
        field.current?.focus()
      }
    }
    addEventListener('keydown', focusOnSlash)
    return () => removeEventListener('keydown', focusOnSlash)
  }, [])
  const search = (value: string) => {
    setText(value)
    clearTimeout(timer.current)
    const [screenAtStart] = route.peek().parts
    timer.current = setTimeout(() => {
      const [screen] = route.peek().parts
      const isInLibrary = screen === 'library'
      if (screen !== screenAtStart && !isInLibrary) return // the user has gone to another screen in the meantime
      const query = value.trim() || null
      const isRefinement = isInLibrary && route.peek().query.has('q')
      const path = isInLibrary ? pathWithQuery({ q: query }) : `/library?q=${encodeURIComponent(value.trim())}`
      navigate(path, { replace: isRefinement })
    }, DEBOUNCE_MS) as unknown as number
  }
  return (
    <search class="search">
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        aria-label={t.library.searchHint}
        placeholder={t.library.searchHint}
        value={text}
        maxLength={MAX_CHARACTERS.q}
        onInput={(event) => search(event.currentTarget.value)}
      />
      {text && (
        <button
          type="button"
          class="quiet square"
          aria-label={t.library.clearSearch}
          onClick={() => {
            search('')
            field.current?.focus()
          }}
        >
          <Icon name="close" size={18} />
        </button>
      )}
    </search>
  )
}

/** Authors and series of a hit. */
function HitNames({ hit }: { hit: SearchHit }) {
  const names = [...hit.creators, ...(hit.series ? [hit.series] : [])]
  if (!names.length) return null
  return (
    <span class="hit-names">
      {names.map((name, index) => (
        <Fragment key={name}>
          {index > 0 && ' · '}
          <Name>{name}</Name>
        </Fragment>
      ))}
    </span>
  )
}

/** Pages that contain the words, best match first. */
export function SearchResults({ q }: { q: string }) {
  const [results, setResults] = useState<{ q: string; hits: SearchHit[]; cursor: string | null } | null>(null)
  const [error, setError] = useState('')
  const load = async (cursor: string | null, signal?: AbortSignal) => {
    try {
      const page = await call<Page<SearchHit>>('GET', '/v1/search', { query: { q, limit: 25, cursor }, signal })
      setResults((current) => ({ q, hits: cursor && current ? [...current.hits, ...page.items] : page.items, cursor: page.next_cursor }))
      setError('')
    } catch (thrown) {
      if (!signal?.aborted) setError(errorMessage(thrown))
    }
  }
  useEffect(() => {
    const controller = new AbortController()
    void load(null, controller.signal)
    return () => controller.abort()
  }, [q])

  const isCurrent = results?.q === q
  return (
    <section class="results" aria-busy={!isCurrent}>
      <p class="visually-hidden" role="status">
        {isCurrent && t.library.resultCount(results.hits.length, results.cursor !== null)}
      </p>
      <p role="alert">{error}</p>
      {!results && !error && <output class="spinner" aria-label={t.loading} />}
      {isCurrent && results.hits.length === 0 && (
        <EmptyState icon="search" title={t.library.noResults(displayName(q))} hint={t.library.noResultsHint} />
      )}
      <ol class={isCurrent ? 'hits' : 'hits stale'}>
        {results?.hits.map((hit) => (
          <li key={`${hit.media_id} ${hit.page} ${hit.text_start}`}>
            <a href={`#/media/${hit.media_id}${hit.text_start === null ? '' : `?at=${hit.text_start}`}`}>
              <span class="hit-title">
                <Name>{hit.title}</Name>
              </span>
              <HitNames hit={hit} />
              {hit.page !== null && <span class="hit-page">{t.library.page(hit.page)}</span>}
              <Snippet html={hit.snippet} />
            </a>
          </li>
        ))}
      </ol>
      {isCurrent && results.cursor && (
        <button type="button" class="plain" onClick={() => void load(results.cursor)}>
          {t.showMore}
        </button>
      )}
    </section>
  )
}
