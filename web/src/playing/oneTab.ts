import { effect } from '@preact/signals'
import type { Playback } from './model'

/** Pause a playback when another tab of this browser starts to play, and the other way round. Returns a function that ends this. */
export function playInOneTab(playback: Playback): () => void {
  const channel = new BroadcastChannel('visionary.playing')
  channel.onmessage = () => {
    if (playback.isPlayRequested.peek()) playback.pause()
  }
  const stopEffect = effect(() => {
    if (playback.isPlayRequested.value) channel.postMessage('started')
  })
  return () => {
    stopEffect()
    channel.close()
  }
}
