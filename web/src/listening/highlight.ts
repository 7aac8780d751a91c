import { effect, type ReadonlySignal } from '@preact/signals'
import type { Caret } from '../parts/caretPress'
import { prefersMotion } from '../platform/preferences'
import type { Listening } from './listening'

/** A view of a media's text that maps text positions to the screen. Positions are code points. */
export interface HighlightTarget {
  /** Incremented when the rendered text changes. */
  readonly revision: ReadonlySignal<number>
  /** The DOM ranges of a part of the text; none if it is not rendered. */
  rangesFor(start: number, end: number): Range[]
  /** Scroll a position into view. */
  reveal(position: number, isSmooth: boolean): void
  /**
   * Return the text position of a place in the document; null if no text of the media is there. Where only words have positions, it is
   * the start of the word there, or its end if the place is the end of a selection.
   */
  positionAt(caret: Caret, isEnd?: boolean): number | null
  /** Return the position of the first text in the window; null if none is rendered there. */
  visiblePosition(): number | null
}

const WORD_HIGHLIGHT = 'spoken-word'
const SENTENCE_HIGHLIGHT = 'spoken-sentence'
const SEARCH_HIT_HIGHLIGHT = 'search-hit'

/**
 * Highlight the word and the sentence being spoken. CSS highlights leave the document unchanged, so nothing is announced and nothing moves.
 * Returns a function that stops it.
 */
export function highlightWord(listening: Listening, target: HighlightTarget, shouldFollow: () => boolean): () => void {
  if (!CSS.highlights) return () => undefined
  let sentence: [number, number] = [-1, -1]
  let shownRevision = -1
  const wordHighlight = new Highlight()
  const sentenceHighlight = new Highlight()
  wordHighlight.priority = 1
  CSS.highlights.set(SENTENCE_HIGHLIGHT, sentenceHighlight)
  CSS.highlights.set(WORD_HIGHLIGHT, wordHighlight)
  const stopEffect = effect(() => {
    const word = listening.word.value
    const isRerendered = shownRevision !== target.revision.value
    shownRevision = target.revision.value
    wordHighlight.clear()
    if (!word) {
      sentenceHighlight.clear()
      sentence = [-1, -1]
      return
    }
    const [, , start, end] = word
    for (const range of target.rangesFor(start, end)) wordHighlight.add(range)
    const isNewSentence = start < sentence[0] || start >= sentence[1]
    if (!isNewSentence && !isRerendered) return
    sentence = listening.text.sentenceAt(start)
    sentenceHighlight.clear()
    for (const range of target.rangesFor(...sentence)) sentenceHighlight.add(range)
    if (isNewSentence && shouldFollow()) target.reveal(start, prefersMotion())
  })
  return () => {
    stopEffect()
    CSS.highlights.delete(WORD_HIGHLIGHT)
    CSS.highlights.delete(SENTENCE_HIGHLIGHT)
  }
}

/** Highlight the sentence of a search hit while nothing plays. Returns a function that stops it. */
export function highlightSearchHit(listening: Listening, target: HighlightTarget, position: number): () => void {
  if (!CSS.highlights) return () => undefined
  const stopEffect = effect(() => {
    target.revision.value
    const ranges = listening.player.isPlaying.value ? [] : target.rangesFor(...listening.text.sentenceAt(position))
    if (ranges.length) CSS.highlights.set(SEARCH_HIT_HIGHLIGHT, new Highlight(...ranges))
    else CSS.highlights.delete(SEARCH_HIT_HIGHLIGHT)
  })
  return () => {
    stopEffect()
    CSS.highlights.delete(SEARCH_HIT_HIGHLIGHT)
  }
}
