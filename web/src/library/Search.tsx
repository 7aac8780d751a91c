import { useEffect, useRef, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { sentence } from '../api/problem'
import { Icon } from '../parts/Icon'
import { go, route, withQuery } from '../platform/route'
import { t } from '../texts'
import type { Hit } from './model'
import { Snippet } from './Snippet'

const TYPING_MS = 180 // a pause that is short enough not to be felt, and spares most letters a request

export function SearchField() {
  const q = route.value.query.get('q') ?? ''
  const [text, setText] = useState(q)
  const timer = useRef(0)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    // Who types is ahead of the address; but in another room nothing is searched for.
    if (document.activeElement !== field.current || !q) setText(q)
  }, [q])
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const isTyping = (event.target as HTMLElement).closest('input, textarea, select, [contenteditable], dialog')
      if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault()
        field.current?.focus()
      }
    }
    addEventListener('keydown', focus)
    return () => removeEventListener('keydown', focus)
  }, [])
  const ask = (value: string) => {
    setText(value)
    clearTimeout(timer.current)
    const room = route.peek().parts[0]
    timer.current = setTimeout(() => {
      const now = route.peek().parts[0]
      const here = now === 'library'
      if (now !== room && !here) return // who has gone elsewhere meanwhile is not called back
      const question = value.trim() || null
      const isRefined = here && route.peek().query.has('q')
      go(here ? withQuery({ q: question }) : `/library?q=${encodeURIComponent(value.trim())}`, { replace: isRefined })
    }, TYPING_MS) as unknown as number
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
        maxLength={200}
        onInput={(event) => ask(event.currentTarget.value)}
      />
      {text && (
        <button
          type="button"
          class="quiet square"
          aria-label={t.library.clearSearch}
          onClick={() => {
            ask('')
            field.current?.focus()
          }}
        >
          <Icon name="close" size={18} />
        </button>
      )}
    </search>
  )
}

/** Pages that hold the words, best first. */
export function SearchResults({ q }: { q: string }) {
  const [found, setFound] = useState<{ q: string; hits: Hit[]; cursor: string | null } | null>(null)
  const [error, setError] = useState('')
  const ask = async (cursor: string | null, signal?: AbortSignal) => {
    try {
      const page = await call<Page<Hit>>('GET', '/v1/search', { query: { q, limit: 25, cursor }, signal })
      setFound((old) => ({ q, hits: cursor && old ? [...old.hits, ...page.items] : page.items, cursor: page.next_cursor }))
      setError('')
    } catch (problem) {
      if (!signal?.aborted) setError(sentence(problem))
    }
  }
  useEffect(() => {
    const abort = new AbortController()
    void ask(null, abort.signal)
    return () => abort.abort()
  }, [q])

  const isCurrent = found?.q === q
  return (
    <section class="results" aria-busy={!isCurrent}>
      <p class="unseen" role="status">
        {isCurrent && t.library.found(found.hits.length, found.cursor !== null)}
      </p>
      <p role="alert">{error}</p>
      {isCurrent && found.hits.length === 0 && (
        <div class="nothing">
          <Icon name="search" size={40} />
          <h2>{t.library.nothingFound(q)}</h2>
          <p>{t.library.nothingFoundHint}</p>
        </div>
      )}
      <ol class={isCurrent ? 'hits' : 'hits stale'}>
        {found?.hits.map((hit) => (
          <li key={`${hit.media_id} ${hit.page} ${hit.text_start}`}>
            <a href={`#/media/${hit.media_id}${hit.text_start === null ? '' : `?at=${hit.text_start}`}`}>
              <span class="hit-title">{hit.title}</span>
              {hit.page !== null && <span class="hit-page">{t.library.page(hit.page)}</span>}
              <Snippet html={hit.snippet} />
            </a>
          </li>
        ))}
      </ol>
      {isCurrent && found.cursor && (
        <button type="button" class="plain" onClick={() => void ask(found.cursor)}>
          {t.account.more}
        </button>
      )}
    </section>
  )
}
