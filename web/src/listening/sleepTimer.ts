import { effect } from '@preact/signals'
import type { Chapter } from '../reading_text/text'
import type { Playback } from './model'

const LOOK_EVERY_MS = 1000

/** Pauses when the time that was chosen is over, or the chapter is. */
export function sleep(playback: Playback): () => void {
  const { sleepAt, chapter } = playback
  const end = () => {
    sleepAt.value = null
    playback.pause()
  }
  const timer = setInterval(() => {
    const due = sleepAt.peek()
    if (typeof due === 'number' && due <= Date.now()) end()
  }, LOOK_EVERY_MS)
  let chosenIn: Chapter | undefined
  const stop = effect(() => {
    if (sleepAt.value !== 'chapter') {
      chosenIn = undefined
      return
    }
    if (!chapter.value) return
    chosenIn ??= chapter.value
    if (chapter.value !== chosenIn) queueMicrotask(end) // an effect must not change what it reads
  })
  return () => {
    clearInterval(timer)
    stop()
  }
}
