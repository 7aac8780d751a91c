import type { ReadonlySignal } from '@preact/signals'
import type { Media } from '../library/model'
import type { ReadingText } from '../reading_text/text'

export interface ChapterMark {
  title: string
  startMs: number
  endMs: number
}

/** A playback that the player, media keys and the sleep timer control: of a recording, or of an uploaded sound or video. */
export interface Playback {
  readonly media: Media
  /** False while there is nothing to play. */
  readonly isLoaded: ReadonlySignal<boolean>
  /** True if the user wants playback, even while audio is being generated, buffered or reconnected. */
  readonly isPlayRequested: ReadonlySignal<boolean>
  readonly isWaiting: ReadonlySignal<boolean>
  readonly positionMs: ReadonlySignal<number>
  /** The duration so far. */
  readonly durationMs: ReadonlySignal<number>
  readonly chapters: ReadonlySignal<readonly ChapterMark[]>
  readonly chapter: ReadonlySignal<ChapterMark | undefined>
  /** All retries failed; `play` tries again. */
  readonly hasFailed: ReadonlySignal<boolean>
  /** What is read, and the position in it; absent for a sound or a video. */
  readonly text?: ReadingText
  readonly textPosition?: ReadonlySignal<number | null>
  /** Show the picture of a video in an element, or nowhere. */
  mount?(host: HTMLElement | null): void
  play(): void
  pause(): void
  seek(ms: number): void
  skip(ms: number): void
  dispose(): void
}

/** Whether a playback plays, or is about to. */
export const isActive = (playback: Playback): boolean => playback.isPlayRequested.value && !playback.hasFailed.value

export function toggle(playback: Playback): void {
  if (playback.isPlayRequested.peek() && !playback.hasFailed.peek()) playback.pause()
  else playback.play()
}

export const chapterAt = (chapters: readonly ChapterMark[], ms: number): ChapterMark | undefined =>
  chapters.findLast(({ startMs }) => startMs <= ms)

const RESTART_AFTER_MS = 3000 // into a chapter, "previous" plays it from its start

/** Return where the next chapter (1) starts, or the current one (-1), or the previous one if the current one has just started. */
export function chapterStep(chapters: readonly ChapterMark[], ms: number, step: -1 | 1): number | undefined {
  if (step > 0) return chapters.find(({ startMs }) => startMs > ms)?.startMs
  return (chapters.findLast(({ startMs }) => startMs <= ms - RESTART_AFTER_MS) ?? chapters[0])?.startMs
}

export function skipChapter(playback: Playback, step: -1 | 1): void {
  const ms = chapterStep(playback.chapters.peek(), playback.positionMs.peek(), step)
  if (ms !== undefined) playback.seek(ms)
}
