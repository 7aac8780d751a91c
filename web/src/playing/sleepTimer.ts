import { effect } from '@preact/signals'
import { playbackRate } from './audioPlayer'
import type { Playback } from './model'

const CHECK_INTERVAL_MS = 1000

/** Pause the playback at its `sleepAt`. Returns a function that stops the timer. */
export function startSleepTimer(playback: Playback): () => void {
  const { sleepAt, chapter } = playback
  const pause = () => {
    sleepAt.value = null
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

/** Return the time until the playback pauses: at the end of a chapter, by the present speed. Null without a timer. */
export function sleepRemainingMs(playback: Playback): number | null {
  const due = playback.sleepAt.value
  if (typeof due === 'number') return Math.max(0, due - Date.now())
  const chapter = due && playback.chapter.value
  return chapter ? Math.max(0, (chapter.endMs - playback.positionMs.value) / playbackRate.value) : null
}
