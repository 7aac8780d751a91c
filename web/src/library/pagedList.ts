import { effect, signal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { errorMessage, isUnreachable } from '../api/problem'
import { isSignedIn } from '../api/session'
import { reconnections } from '../platform/network'

const PAGE_SIZE = 100 // the API's maximum
const MAX_KEPT_LISTS = 8
const MAX_WAIT_MS = 4000 // for a change that is on its way: a function that has to start takes seconds

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

type LoadedList = ListState<unknown> & { cursor: string | null }

/** Lists as they were shown last: coming back to one shows it at once, and at its height, while it is loaded again. */
const keptLists = new Map<string, LoadedList>()

function keep(key: string, list: LoadedList): void {
  keptLists.delete(key) // so that the last one comes last
  keptLists.set(key, list)
  for (const oldest of keptLists.keys()) if (keptLists.size > MAX_KEPT_LISTS) keptLists.delete(oldest)
}

effect(() => {
  if (!isSignedIn.value) keptLists.clear() // the next user must not see them
})

let changes: Promise<unknown> = Promise.resolve()

/** Note a change that is on its way and may add to lists: one that was empty is not shown as empty again before it is loaded. */
export function addsToLists<T>(change: Promise<T>): Promise<T> {
  for (const [key, { items }] of keptLists) if (!items.length) keptLists.delete(key)
  changes = Promise.allSettled([changes, change])
  return change
}

const noted = () => Promise.race([changes, new Promise((resolve) => setTimeout(resolve, MAX_WAIT_MS))])

export interface PagedList<T> extends ListState<T> {
  /** Load the next page; does nothing while loading or when the list is complete. */
  loadMore: () => void
  /** Show a change before the API confirms it. */
  setItems: (items: T[]) => void
}

/**
 * A list of the API, loaded page by page; without a path, an empty one. After a change, as many items as were shown are reloaded without
 * flicker. With `isAfterChanges`, changes that are on their way are waited for.
 */
export function usePagedList<T>(path: string | null, query: Record<string, string>, isAfterChanges = false): PagedList<T> {
  const key = path + JSON.stringify(query)
  const initialState = () =>
    (keptLists.get(key) as State | undefined) ?? { items: [], cursor: null, isComplete: !path, isLoading: !!path, error: '' }
  type State = ListState<T> & { cursor: string | null }
  const [state, setState] = useState<State>(initialState)
  const activeRequest = useRef<AbortController | null>(null)
  const latest = useRef(state)
  latest.current = state
  const shownKey = useRef('')

  const load = async (cursor: string | null, existing: T[], minCount: number) => {
    if (!path) return
    const controller = new AbortController()
    activeRequest.current?.abort()
    activeRequest.current = controller
    setState((current) => ({ ...current, isLoading: true, error: '' }))
    try {
      if (isAfterChanges) await noted()
      const items = [...existing]
      let next = cursor
      do {
        const page: Page<T> = await call('GET', path, { query: { limit: PAGE_SIZE, ...query, cursor: next }, signal: controller.signal })
        items.push(...page.items)
        next = page.next_cursor
      } while (next && items.length < minCount)
      if (!controller.signal.aborted) setState({ items, cursor: next, isComplete: !next, isLoading: false, error: '' })
    } catch (error) {
      const isListShown = isUnreachable(error) && latest.current.items.length > 0 // it is loaded again when the network is back
      if (!controller.signal.aborted)
        setState((current) => ({ ...current, isLoading: false, error: isListShown ? '' : errorMessage(error) }))
    }
  }

  useEffect(() => {
    const isReload = shownKey.current === key
    shownKey.current = key
    const shown = isReload ? latest.current : initialState()
    if (!isReload) setState(shown)
    void load(null, [], shown.items.length)
  }, [key, libraryVersion.value, reconnections.value])
  useEffect(() => () => activeRequest.current?.abort(), [])
  useEffect(() => {
    if (path && !state.isLoading && !state.error && shownKey.current === key) keep(key, state)
  }, [state])

  return {
    ...(shownKey.current === key ? state : initialState()), // not the list before
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
