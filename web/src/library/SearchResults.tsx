import { Fragment } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { errorMessage } from '../api/problem'
import { displayName } from '../parts/displayName'
import { EmptyState } from '../parts/EmptyState'
import { Name } from '../parts/Name'
import { t } from '../texts'
import type { SearchHit } from './model'
import { Snippet } from './Snippet'

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
