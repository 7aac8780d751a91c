import { useEffect, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { errorMessage } from '../api/problem'

interface QueryResults<T> {
  /** Null until the first results have arrived; those of the query before are kept while the next ones are loaded. */
  items: T[] | null
  /** Whether the items are those of the query. */
  isCurrent: boolean
  hasMore: boolean
  error: string
  loadMore: () => void
}

/** The results of a query that changes while it is typed, page by page. */
export function useQueryResults<T>(path: string, query: Record<string, string | number | null>): QueryResults<T> {
  const key = JSON.stringify(query)
  const [results, setResults] = useState<{ key: string; items: T[]; cursor: string | null } | null>(null)
  const [error, setError] = useState('')
  const load = async (cursor: string | null, signal?: AbortSignal) => {
    try {
      const page = await call<Page<T>>('GET', path, { query: { ...query, cursor }, signal })
      setResults((current) => ({
        key,
        items: cursor && current ? [...current.items, ...page.items] : page.items,
        cursor: page.next_cursor,
      }))
      setError('')
    } catch (thrown) {
      if (!signal?.aborted) setError(errorMessage(thrown))
    }
  }
  useEffect(() => {
    const controller = new AbortController()
    void load(null, controller.signal)
    return () => controller.abort()
  }, [key])
  const cursor = results?.cursor ?? null
  return {
    items: results?.items ?? null,
    isCurrent: results?.key === key,
    hasMore: cursor !== null,
    error,
    loadMore: () => void load(cursor),
  }
}
