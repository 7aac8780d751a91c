import { effect } from '@preact/signals'
import { playbackRate } from './audioPlayer'
import type { Playback } from './model'
import { sleepAt } from './nowPlaying'
import { cancelStart } from './starting'

const CHECK_INTERVAL_MS = 1000

/** Pause the playback at the time that is set. Returns a function that stops the timer. */
export function startSleepTimer(playback: Playback): () => void {
  const { chapter } = playback
  const isDue = () => {
    const due = sleepAt.peek()
    return typeof due === 'number' && due <= Date.now()
  }
  if (isDue()) sleepAt.value = null // nothing played then
  const pause = () => {
    sleepAt.value = null
    cancelStart() // of the next one, after the end of this one
    playback.pause()
  }
  const timer = setInterval(() => isDue() && pause(), CHECK_INTERVAL_MS)
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
  const due = sleepAt.value
  if (typeof due === 'number') return Math.max(0, due - Date.now())
  const chapter = due && playback.chapter.value
  return chapter ? Math.max(0, (chapter.endMs - playback.positionMs.value) / playbackRate.value) : null
}
