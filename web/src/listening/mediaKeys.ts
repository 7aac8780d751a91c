import { effect } from '@preact/signals'
import { displayName } from '../parts/displayName'
import { t } from '../texts'
import type { Playback } from './model'

export const SKIP_MS = 15_000

/** Connect a playback to media keys and the lock screen (Media Session). Returns a function that disconnects it. */
export function handleMediaKeys(playback: Playback): () => void {
  const session = navigator.mediaSession
  if (!session) return () => undefined
  const offsetMs = (details: MediaSessionActionDetails) => (details.seekOffset ?? SKIP_MS / 1000) * 1000
  const handlers: [MediaSessionAction, MediaSessionActionHandler][] = [
    ['play', () => playback.play()],
    ['pause', () => playback.pause()],
    ['seekbackward', (details) => playback.skip(-offsetMs(details))],
    ['seekforward', (details) => playback.skip(offsetMs(details))],
    ['previoustrack', () => playback.skipSentence(-1)],
    ['nexttrack', () => playback.skipSentence(1)],
    ['seekto', (details) => playback.seek((details.seekTime ?? 0) * 1000)],
  ]
  const setHandlers = (isConnected: boolean) => {
    for (const [action, handler] of handlers) {
      try {
        session.setActionHandler(action, isConnected ? handler : null)
      } catch {
        // an action that this browser does not support
      }
    }
  }
  setHandlers(true)
  const stopEffect = effect(() => {
    if (!playback.job.value) return
    session.metadata = new MediaMetadata({
      title: displayName(playback.chapter.value?.title ?? playback.title),
      artist: displayName(playback.title),
      album: t.name,
    })
    session.playbackState = playback.isPlayRequested.value ? 'playing' : 'paused'
  })
  return () => {
    stopEffect()
    session.metadata = null
    session.playbackState = 'none'
    setHandlers(false)
  }
}
