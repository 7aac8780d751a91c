import { signal } from '@preact/signals'
import type { Playback } from './model'

/** The playback that was started last. It goes on when its screen is left, until another one starts or the user closes it. */
export const nowPlaying = signal<Playback | null>(null)
/** The playback of the screen that is open. */
export const onScreen = signal<Playback | null>(null)
export const isQueueOpen = signal(false)
/** When to pause whatever plays then: a time in ms since the epoch, or the end of the chapter; null for never. */
export const sleepAt = signal<number | 'chapter' | null>(null)

let onFinished: (playback: Playback) => void = () => undefined

/** Set the function that is called when a playback has reached its end: what plays next is not decided here. */
export function whenFinished(action: (playback: Playback) => void): void {
  onFinished = action
}

/** Called with a playback that has reached its end. Nothing follows if that is what the sleep timer waited for. */
export function finished(playback: Playback): void {
  if (sleepAt.peek() === 'chapter') sleepAt.value = null
  else onFinished(playback)
}
