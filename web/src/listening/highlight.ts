import { effect } from '@preact/signals'
import { mayMove } from '../platform/preferences'
import type { Listening } from './listening'

/** What shows the text of a media, and knows where on the screen a part of it stands. */
export interface Surface {
  /** Ranges of what is shown of this part of the text; none when it is not on the screen. */
  ranges(start: number, end: number): Range[]
  /** Bring a place into view. */
  reveal(point: number, isSmooth: boolean): void
}

const WORD = 'spoken-word'
const SENTENCE = 'spoken-sentence'

/** Light what is spoken, without a change to the document: nothing is announced, nothing moves. */
export function light(listening: Listening, surface: Surface, shouldFollow: () => boolean): () => void {
  if (!CSS.highlights) return () => undefined
  let lit: [number, number] = [-1, -1]
  const word = new Highlight()
  const sentence = new Highlight()
  word.priority = 1
  CSS.highlights.set(SENTENCE, sentence)
  CSS.highlights.set(WORD, word)
  const stop = effect(() => {
    const spoken = listening.word.value
    word.clear()
    if (!spoken) {
      sentence.clear()
      lit = [-1, -1]
      return
    }
    const [, , start, end] = spoken
    CSS.highlights.delete('found')
    for (const range of surface.ranges(start, end)) word.add(range)
    if (start < lit[0] || start >= lit[1] || sentence.size === 0) {
      lit = listening.text.sentenceAt(start)
      sentence.clear()
      for (const range of surface.ranges(...lit)) sentence.add(range)
      if (shouldFollow()) surface.reveal(start, mayMove())
    }
  })
  return () => {
    stop()
    CSS.highlights.delete(WORD)
    CSS.highlights.delete(SENTENCE)
  }
}

/** The place in the text under a point of the screen: a node and a UTF-16 unit in it. */
export function caretAt(x: number, y: number): { node: Node; offset: number } | null {
  if (document.caretPositionFromPoint) {
    const found = document.caretPositionFromPoint(x, y)
    return found ? { node: found.offsetNode, offset: found.offset } : null
  }
  const old = document as Document & { caretRangeFromPoint?: (x: number, y: number) => Range | null }
  const range = old.caretRangeFromPoint?.(x, y)
  return range ? { node: range.startContainer, offset: range.startOffset } : null
}
