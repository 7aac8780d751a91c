import { Fragment } from 'preact'
import { displayName } from '../parts/displayName'
import { EmptyState } from '../parts/EmptyState'
import { Name } from '../parts/Name'
import { t } from '../texts'
import type { SearchHit } from './model'
import { useQueryResults } from './queryResults'
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
  const { items: hits, isCurrent, hasMore, error, loadMore } = useQueryResults<SearchHit>('/v1/search', { q, limit: 25 })
  return (
    <section class="results" aria-busy={!isCurrent}>
      <p class="visually-hidden" role="status">
        {isCurrent && hits && t.library.resultCount(hits.length, hasMore)}
      </p>
      <p role="alert">{error}</p>
      {!hits && !error && <output class="spinner" aria-label={t.loading} />}
      {isCurrent && hits?.length === 0 && (
        <EmptyState icon="search" title={t.library.noResults(displayName(q))} hint={t.library.noResultsHint} />
      )}
      <ol class={isCurrent ? 'hits' : 'hits stale'}>
        {hits?.map((hit) => (
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
      {isCurrent && hasMore && (
        <button type="button" class="plain" onClick={loadMore}>
          {t.showMore}
        </button>
      )}
    </section>
  )
}
