import { computed, signal } from '@preact/signals'
import { playbackRate } from '../playing/audioPlayer'
import type { SkippableRange } from './model'
import { isSkippedWhilePlaying, SIDE_KINDS } from './preferences'
import { jumpAt, jumpsOf, nextJump } from './skipping'

const TIMER_WINDOW_MS = 1000 // in a hidden page there are no frames, and `timeupdate` comes four times a second

/** What the listener skips of a recording while it plays. */
export class SkippedContent {
  private readonly ranges = signal<SkippableRange[]>([])
  /** The kinds of content beside the text that have been found in the recording. */
  readonly kinds = computed(() => SIDE_KINDS.filter((kind) => this.ranges.value.some((range) => range.kind === kind)))
  readonly jumps = computed(() => jumpsOf(this.ranges.value, isSkippedWhilePlaying))
  private timer = 0

  /** `onDue` is called when a jump starts in a page that is not drawn. */
  constructor(private readonly onDue: () => void) {}

  clear(): void {
    clearTimeout(this.timer)
    this.ranges.value = []
  }

  add(ranges: readonly SkippableRange[]): void {
    if (ranges.length) this.ranges.value = [...this.ranges.peek(), ...ranges]
  }

  /** Return the time to jump to from here, if this is skipped. */
  landingFrom(ms: number, isPlaying: boolean): number | undefined {
    const jumps = this.jumps.peek()
    const jump = jumpAt(jumps, ms)
    clearTimeout(this.timer)
    const next = document.hidden && isPlaying && !jump ? nextJump(jumps, ms) : undefined
    if (next && next[0] - ms < TIMER_WINDOW_MS)
      this.timer = setTimeout(this.onDue, (next[0] - ms) / playbackRate.peek()) as unknown as number
    return jump?.[1]
  }
}
