import '../../styles/find.css'
import { effect, type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { call } from '../../api/client'
import { MAX_CHARACTERS } from '../../api/limits'
import { errorMessage } from '../../api/problem'
import type { HighlightTarget } from '../../listening/highlight'
import { Icon } from '../../parts/Icon'
import { t } from '../../texts'
import { firstFrom, type Occurrence, type Occurrences, step } from './occurrences'

const DEBOUNCE_MS = 180 // not noticed while typing, and saves a request for most letters
const HIGHLIGHT = 'find-hit'
const CURRENT_HIGHLIGHT = 'find-current'

interface Props {
  mediaId: string
  /** The version of the text that is shown; null for the current one. */
  version: number | null
  target: ReadonlySignal<HighlightTarget | null>
  /** Incremented when the user asks to find something while the bar is open. */
  focusRequest: number
  /** Called before an occurrence is scrolled into view. */
  onMove: () => void
  onClose: () => void
}

/** Finds a text in the whole document, rendered or not: all occurrences are highlighted, one is the current one. */
export function FindBar({ mediaId, version, target, focusRequest, onMove, onClose }: Props) {
  const [query, setQuery] = useState('')
  const [found, setFound] = useState<(Occurrences & { query: string }) | null>(null)
  const [index, setIndex] = useState(0)
  const [error, setError] = useState('')
  const field = useRef<HTMLInputElement>(null)
  const shown = useSignal<{ items: Occurrence[]; index: number }>({ items: [], index: 0 })

  useLayoutEffect(() => field.current?.select(), [focusRequest])
  useEffect(() => () => field.current?.blur(), [])
  const reveal = (occurrence: Occurrence | undefined) => {
    if (!occurrence) return
    onMove()
    target.peek()?.reveal(occurrence.start, false)
  }
  useEffect(() => {
    const text = query.trim()
    setError('')
    if (!text) {
      setFound(null)
      return
    }
    const controller = new AbortController()
    const timer = setTimeout(async () => {
      try {
        const options = { query: { q: text, version }, signal: controller.signal }
        const occurrences = await call<Occurrences>('GET', `/v1/media/${mediaId}/find`, options)
        const first = firstFrom(occurrences.items, target.peek()?.visiblePosition() ?? null)
        setFound({ ...occurrences, query: text })
        setIndex(first)
        reveal(occurrences.items[first])
      } catch (thrown) {
        if (!controller.signal.aborted) setError(errorMessage(thrown))
      }
    }, DEBOUNCE_MS)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [query, mediaId, version])

  const items = found?.items ?? []
  useEffect(() => {
    shown.value = { items, index }
  }, [found, index])
  useEffect(() => {
    if (!CSS.highlights) return
    const stop = effect(() => highlight(target.value, shown.value.items, shown.value.index))
    return () => {
      stop()
      CSS.highlights.delete(HIGHLIGHT)
      CSS.highlights.delete(CURRENT_HIGHLIGHT)
    }
  }, [])

  const move = (by: 1 | -1) => {
    const next = step(index, by, items.length)
    setIndex(next)
    reveal(items[next])
  }
  const isCurrent = found?.query === query.trim()
  const status = !query.trim() ? '' : !isCurrent ? '…' : found.total ? t.find.position(index + 1, found.total) : t.find.none
  return (
    <search
      class="find-bar"
      aria-label={t.find.title}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose()
        else if (event.key === 'Enter' && event.target === field.current) move(event.shiftKey ? -1 : 1)
        else return
        event.preventDefault()
        event.stopPropagation()
      }}
    >
      <Icon name="search" />
      <input
        ref={field}
        aria-label={t.find.title}
        placeholder={t.find.title}
        value={query}
        maxLength={MAX_CHARACTERS.q}
        enterkeyhint="search"
        autocomplete="off"
        onInput={(event) => setQuery(event.currentTarget.value)}
      />
      <span class="find-status" role="status">
        {status}
      </span>
      <button type="button" class="quiet square" aria-label={t.find.previous} disabled={!items.length} onClick={() => move(-1)}>
        <Icon name="up" />
      </button>
      <button type="button" class="quiet square" aria-label={t.find.next} disabled={!items.length} onClick={() => move(1)}>
        <Icon name="down" />
      </button>
      <button type="button" class="quiet square" aria-label={t.close} onClick={onClose}>
        <Icon name="close" />
      </button>
      {error && (
        <p class="error-text" role="alert">
          {error}
        </p>
      )}
    </search>
  )
}

function highlight(target: HighlightTarget | null, items: readonly Occurrence[], index: number): void {
  target?.revision.value // what is rendered has changed
  const all = new Highlight()
  const current = new Highlight()
  all.priority = 2 // above what is spoken
  current.priority = 3
  items.forEach(({ start, end }, nth) => {
    for (const range of target?.rangesFor(start, end) ?? []) (nth === index ? current : all).add(range)
  })
  CSS.highlights.set(HIGHLIGHT, all)
  CSS.highlights.set(CURRENT_HIGHLIGHT, current)
}
