import { effect, signal } from '@preact/signals'
import { playbackRate } from './audioPlayer'
import type { Playback } from './model'
import { cancelStart } from './starting'

/** The time to pause, in ms since the epoch, or the end of the chapter; null for never. */
export type SleepTime = number | 'chapter' | null

const CHECK_INTERVAL_MS = 1000

/** When to pause whatever plays then: the timer outlives a playback that is followed by the next one. */
export const sleepAt = signal<SleepTime>(null)

/** Pause the playback at the time that is set. Returns a function that stops the timer. */
export function startSleepTimer(playback: Playback): () => void {
  const { chapter } = playback
  const pause = () => {
    sleepAt.value = null
    cancelStart() // of the next one, after the end of this one
    playback.pause()
  }
  const timer = setInterval(() => {
    const due = sleepAt.peek()
    if (typeof due === 'number' && due <= Date.now()) pause()
  }, CHECK_INTERVAL_MS)
  let firstStartMs: number | undefined
  const stopEffect = effect(() => {
    if (sleepAt.value !== 'chapter') {
      firstStartMs = undefined
      return
    }
    if (!chapter.value) return
    firstStartMs ??= chapter.value.startMs
    if (chapter.value.startMs !== firstStartMs) queueMicrotask(pause) // an effect must not change a signal that it reads
  })
  return () => {
    clearInterval(timer)
    stopEffect()
  }
}

/** Return whether the end of a playback was what the timer waited for: nothing follows then. */
export function sleepsAfter(): boolean {
  if (sleepAt.peek() !== 'chapter') return false
  sleepAt.value = null
  return true
}

/** Return the time until the playback pauses: at the end of a chapter, by the present speed. Null without a timer. */
export function sleepRemainingMs(playback: Playback): number | null {
  const due = sleepAt.value
  if (typeof due === 'number') return Math.max(0, due - Date.now())
  const chapter = due && playback.chapter.value
  return chapter ? Math.max(0, (chapter.endMs - playback.positionMs.value) / playbackRate.value) : null
}
