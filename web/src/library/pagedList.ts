import { signal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { sentence } from '../api/problem'

const ROWS = 100 // the most that the API answers at once

/** Goes up when something in the library changed. */
const version = signal(0)

export function changed(): void {
  version.value++
}

export interface Listing<T> {
  items: T[]
  isComplete: boolean
  isLoading: boolean
  error: string
  /** Load on; does nothing while it loads, or when all is there. */
  more: () => void
  /** Change what is shown, before the API says the same. */
  put: (items: T[]) => void
}

/** A list of the API, loaded page by page. After a change it is loaded anew as far as it was shown, without flickering. */
export function useListing<T>(path: string, query: Record<string, string>): Listing<T> {
  const [state, setState] = useState<{ items: T[]; cursor: string | null; isComplete: boolean; isLoading: boolean; error: string }>({
    items: [],
    cursor: null,
    isComplete: false,
    isLoading: true,
    error: '',
  })
  const asked = useRef<AbortController | null>(null)
  const current = useRef(state)
  current.current = state
  const key = path + JSON.stringify(query)
  const shown = useRef('')

  const load = async (cursor: string | null, before: T[], atLeast: number) => {
    const abort = new AbortController()
    asked.current?.abort()
    asked.current = abort
    setState((old) => ({ ...old, isLoading: true, error: '' }))
    try {
      const items = [...before]
      let next = cursor
      do {
        const page: Page<T> = await call('GET', path, { query: { ...query, limit: ROWS, cursor: next }, signal: abort.signal })
        items.push(...page.items)
        next = page.next_cursor
      } while (next && items.length < atLeast)
      if (!abort.signal.aborted) setState({ items, cursor: next, isComplete: !next, isLoading: false, error: '' })
    } catch (error) {
      if (!abort.signal.aborted) setState((old) => ({ ...old, isLoading: false, error: sentence(error) }))
    }
  }

  useEffect(() => {
    const isSame = shown.current === key
    shown.current = key
    if (!isSame) setState((old) => ({ ...old, items: [], cursor: null, isComplete: false, isLoading: true, error: '' }))
    void load(null, [], isSame ? current.current.items.length : 0)
  }, [key, version.value])
  useEffect(() => () => asked.current?.abort(), [])

  return {
    ...state,
    more: () => {
      const { cursor, items, isLoading } = current.current
      if (cursor && !isLoading) void load(cursor, items, 0)
    },
    put: (items) => {
      asked.current?.abort() // what is on its way is older
      setState((old) => ({ ...old, items, isLoading: false }))
    },
  }
}
