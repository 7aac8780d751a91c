import type { ReadingText } from '../reading_text/text'

export const MAX_PASSAGE_CHARACTERS = 5000 // the API's limit of a highlight
export const BOOKMARK_QUOTE_CHARACTERS = 32 // of what follows a bookmark

/** A part of the text. */
export interface Passage {
  start: number
  end: number
}

/** Return a part of the text as it is shown; null if it is not loaded, or too long to quote. */
export function quoteOf(text: ReadingText | null, { start, end }: Passage): string | null {
  const chunk = text?.chunkAt(start)
  if (!chunk || end > chunk.end || end - start > MAX_PASSAGE_CHARACTERS) return null
  return chunk.slice(start, end) || null
}
