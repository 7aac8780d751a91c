import { lowerBound } from '../reading_text/lowerBound'
import type { ReadingText } from '../reading_text/text'
import type { WordTiming } from './model'
import { type Jump, lastHeard } from './skipping'

const AT_START_CODE_POINTS = 3

/** Return where the next sentence (1) starts, or the current one (-1), or the previous one if the current one has just started. */
export function sentenceStep(
  text: ReadingText,
  words: readonly WordTiming[],
  jumps: readonly Jump[],
  position: number,
  step: -1 | 1,
): number {
  const [start, end] = text.sentenceAt(position)
  if (step > 0) return end + 1
  const before = words[lastHeard(words, jumps, lowerBound(words, (word) => word[2] < position) - 1)]
  const isAtStart = position - start < AT_START_CODE_POINTS || (before !== undefined && before[2] < start)
  return isAtStart && before ? text.sentenceAt(before[2])[0] : start
}

/** Return the time of the word at a text position, or of the next one; null if the recording, which reads from `start`, does not include it. */
export function timeAt(words: readonly WordTiming[], position: number, start: number): number | null {
  const word = words[lowerBound(words, ([, , , wordEnd]) => wordEnd <= position)]
  return word && position >= start ? word[0] : null
}
