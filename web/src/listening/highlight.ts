import { effect, type ReadonlySignal } from '@preact/signals'
import { mayMove } from '../platform/preferences'
import type { Listening } from './listening'

/** What shows the text of a media, and knows where on the screen a part of it stands. */
export interface Surface {
  /** Goes up when something else stands there. */
  readonly drawn: ReadonlySignal<number>
  /** Ranges of what is shown of this part of the text; none when it is not on the screen. */
  ranges(start: number, end: number): Range[]
  /** Bring a place into view. */
  reveal(point: number, isSmooth: boolean): void
}

const WORD = 'spoken-word'
const SENTENCE = 'spoken-sentence'
const FOUND = 'found'

/** Light what is spoken, without a change to the document: nothing is announced, nothing moves. */
export function light(listening: Listening, surface: Surface, shouldFollow: () => boolean): () => void {
  if (!CSS.highlights) return () => undefined
  let lit: [number, number] = [-1, -1]
  let drawn = -1
  const word = new Highlight()
  const sentence = new Highlight()
  word.priority = 1
  CSS.highlights.set(SENTENCE, sentence)
  CSS.highlights.set(WORD, word)
  const stop = effect(() => {
    const spoken = listening.word.value
    const isDrawnAnew = drawn !== surface.drawn.value
    drawn = surface.drawn.value
    word.clear()
    if (!spoken) {
      sentence.clear()
      lit = [-1, -1]
      return
    }
    const [, , start, end] = spoken
    for (const range of surface.ranges(start, end)) word.add(range)
    const isNext = start < lit[0] || start >= lit[1]
    if (!isNext && !isDrawnAnew) return
    lit = listening.text.sentenceAt(start)
    sentence.clear()
    for (const range of surface.ranges(...lit)) sentence.add(range)
    if (isNext && shouldFollow()) surface.reveal(start, mayMove())
  })
  return () => {
    stop()
    CSS.highlights.delete(WORD)
    CSS.highlights.delete(SENTENCE)
  }
}

/** Mark the sentence that was searched for, until something sounds. */
export function mark(listening: Listening, surface: Surface, point: number): () => void {
  if (!CSS.highlights) return () => undefined
  const stop = effect(() => {
    surface.drawn.value
    const ranges = listening.sound.isPlaying.value ? [] : surface.ranges(...listening.text.sentenceAt(point))
    if (ranges.length) CSS.highlights.set(FOUND, new Highlight(...ranges))
    else CSS.highlights.delete(FOUND)
  })
  return () => {
    stop()
    CSS.highlights.delete(FOUND)
  }
}
