import { signal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { errorMessage } from '../api/problem'

const PAGE_SIZE = 100 // the API's maximum

/** Incremented when anything in the library changed. */
const libraryVersion = signal(0)

/** Reload the lists that are shown. */
export function invalidateLibrary(): void {
  libraryVersion.value++
}

interface ListState<T> {
  items: T[]
  isComplete: boolean
  isLoading: boolean
  error: string
}

export interface PagedList<T> extends ListState<T> {
  /** Load the next page; does nothing while loading or when the list is complete. */
  loadMore: () => void
  /** Show a change before the API confirms it. */
  setItems: (items: T[]) => void
}

/** A list of the API, loaded page by page. After a change, as many items as were shown are reloaded without flicker. */
export function usePagedList<T>(path: string, query: Record<string, string>): PagedList<T> {
  const [state, setState] = useState<ListState<T> & { cursor: string | null }>({
    items: [],
    cursor: null,
    isComplete: false,
    isLoading: true,
    error: '',
  })
  const activeRequest = useRef<AbortController | null>(null)
  const latest = useRef(state)
  latest.current = state
  const key = path + JSON.stringify(query)
  const shownKey = useRef('')

  const load = async (cursor: string | null, existing: T[], minCount: number) => {
    const controller = new AbortController()
    activeRequest.current?.abort()
    activeRequest.current = controller
    setState((current) => ({ ...current, isLoading: true, error: '' }))
    try {
      const items = [...existing]
      let next = cursor
      do {
        const page: Page<T> = await call('GET', path, { query: { ...query, limit: PAGE_SIZE, cursor: next }, signal: controller.signal })
        items.push(...page.items)
        next = page.next_cursor
      } while (next && items.length < minCount)
      if (!controller.signal.aborted) setState({ items, cursor: next, isComplete: !next, isLoading: false, error: '' })
    } catch (error) {
      if (!controller.signal.aborted) setState((current) => ({ ...current, isLoading: false, error: errorMessage(error) }))
    }
  }

  useEffect(() => {
    const isReload = shownKey.current === key
    shownKey.current = key
    if (!isReload) setState((current) => ({ ...current, items: [], cursor: null, isComplete: false, isLoading: true, error: '' }))
    void load(null, [], isReload ? latest.current.items.length : 0)
  }, [key, libraryVersion.value])
  useEffect(() => () => activeRequest.current?.abort(), [])

  return {
    ...state,
    loadMore: () => {
      const { cursor, items, isLoading } = latest.current
      if (cursor && !isLoading) void load(cursor, items, 0)
    },
    setItems: (items) => {
      activeRequest.current?.abort() // its response would be older
      setState((current) => ({ ...current, items, isLoading: false }))
    },
  }
}
