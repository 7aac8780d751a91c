import { lowerBound } from '../reading_text/lowerBound'
import type { SkippableRange, WordTiming } from './model'

/** [start_ms, end_ms]: a part of the recording that the player jumps over. */
export type Jump = readonly [number, number]

// A browser may land a little before the time that it was sent to; a shorter rest of a jump is not worth another one.
const MIN_JUMP_MS = 50

/** Return what is jumped over when ranges of some kinds are skipped, in order and without overlaps. */
export function jumpsOf(ranges: readonly SkippableRange[], isSkipped: (kind: string) => boolean): Jump[] {
  const jumps: [number, number][] = []
  const skipped = ranges.filter(({ kind }) => isSkipped(kind)).sort((one, other) => one.start_ms - other.start_ms)
  for (const { start_ms, end_ms } of skipped) {
    const last = jumps.at(-1)
    if (last && start_ms <= last[1]) last[1] = Math.max(last[1], end_ms)
    else jumps.push([start_ms, end_ms])
  }
  return jumps
}

/** Return the jump that a time is in, unless it is as good as over. */
export function jumpAt(jumps: readonly Jump[], ms: number): Jump | undefined {
  const jump = jumps[lowerBound(jumps, ([start]) => start <= ms) - 1]
  return jump && jump[1] - ms >= MIN_JUMP_MS ? jump : undefined
}

/** Return the first jump that starts after a time. */
export function nextJump(jumps: readonly Jump[], ms: number): Jump | undefined {
  return jumps[lowerBound(jumps, ([start]) => start <= ms)]
}

/** Return the time that is `byMs` of heard audio away: what is jumped over does not count, in either direction. */
export function moveHeard(jumps: readonly Jump[], ms: number, byMs: number): number {
  let at = ms
  let rest = Math.abs(byMs)
  for (const [start, end] of byMs < 0 ? [...jumps].reverse() : jumps) {
    if (byMs < 0 ? start >= at : end <= at) continue
    const heard = byMs < 0 ? Math.max(0, at - end) : Math.max(0, start - at)
    if (heard >= rest) break
    rest -= heard
    at = byMs < 0 ? start : end
  }
  return byMs < 0 ? at - rest : at + rest
}

/** Return the index of the last heard word that has started at a time; -1 before the first. */
export function heardWordAt(words: readonly WordTiming[], jumps: readonly Jump[], ms: number): number {
  return lastHeard(words, jumps, lowerBound(words, (word) => word[0] <= ms) - 1)
}

/** Return the index of a word, or of the last one before it that is not jumped over; -1 if there is none. */
export function lastHeard(words: readonly WordTiming[], jumps: readonly Jump[], index: number): number {
  let heard = index
  for (let word = words[heard]; word; word = words[heard]) {
    const startMs = word[0]
    const jump = jumps[lowerBound(jumps, ([start]) => start <= startMs) - 1]
    if (!jump || startMs >= jump[1]) break
    heard = lowerBound(words, ([start]) => start < jump[0]) - 1
  }
  return heard
}
