import { effect } from '@preact/signals'
import { isSignedIn } from '../api/session'
import { isShared } from '../api/share'
import { handleMediaKeys } from './mediaKeys'
import type { Playback } from './model'
import { nowPlaying, onScreen, sleepAt } from './nowPlaying'
import { playInOneTab } from './oneTab'
import { startSleepTimer } from './sleepTimer'
import { cancelStart } from './starting'

let disconnect: () => void = () => undefined

/** Take over from the playback before: only one plays, and media keys control it. */
export function takeOver(playback: Playback): void {
  cancelStart()
  const previous = nowPlaying.peek()
  if (previous === playback) return
  disconnect()
  nowPlaying.value = playback
  if (previous && previous !== onScreen.peek()) previous.dispose()
  else previous?.pause()
  const disposers = [handleMediaKeys(playback), startSleepTimer(playback), playInOneTab(playback)]
  disconnect = () => {
    for (const dispose of disposers) dispose()
  }
}

/** Show a playback on the screen that is open. */
export function show(playback: Playback): void {
  onScreen.value = playback
}

/** Leave the screen of a playback: it goes on if it was started last, but not in a share, where no other screen could stop it. */
export function leave(playback: Playback): void {
  if (onScreen.peek() === playback) onScreen.value = null
  if (nowPlaying.peek() !== playback) playback.dispose()
  else if (!playback.isLoaded.peek() || isShared()) close()
}

/** End the playback, and what would have followed. */
export function close(): void {
  cancelStart()
  sleepAt.value = null
  const playback = nowPlaying.peek()
  disconnect()
  disconnect = () => undefined
  nowPlaying.value = null
  if (playback && playback !== onScreen.peek()) playback.dispose()
  else playback?.pause()
}

effect(() => {
  if (!isSignedIn.value) close() // the next user must not hear it
})
