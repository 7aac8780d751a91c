import { effect } from '@preact/signals'
import type { Chapter } from '../reading_text/text'
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
  let startChapter: Chapter | undefined
  const stopEffect = effect(() => {
    if (sleepAt.value !== 'chapter') {
      startChapter = undefined
      return
    }
    if (!chapter.value) return
    startChapter ??= chapter.value
    if (chapter.value !== startChapter) queueMicrotask(pause) // an effect must not change a signal that it reads
  })
  return () => {
    clearInterval(timer)
    stopEffect()
  }
}
