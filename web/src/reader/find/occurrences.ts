import { lowerBound } from '../../reading_text/lowerBound'

/** A place at which the text that is looked for occurs, in code points. */
export interface Occurrence {
  start: number
  end: number
  page: number | null
  snippet: string
}

/** The response of the API: the first occurrences, and the number of all of them. */
export interface Occurrences {
  total: number
  items: Occurrence[]
}

/** Return the index of the first occurrence at or behind a position; 0 if there is none. */
export function firstFrom(items: readonly Occurrence[], position: number | null): number {
  const index = lowerBound(items, (item) => item.end <= (position ?? 0))
  return index < items.length ? index : 0
}

/** Return the index of the next or previous occurrence; behind the last one comes the first. */
export function step(index: number, by: 1 | -1, count: number): number {
  return count ? (index + by + count) % count : 0
}
