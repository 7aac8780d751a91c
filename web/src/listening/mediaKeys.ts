import { effect } from '@preact/signals'
import { t } from '../texts'
import type { Playback } from './model'

export const SKIP_MS = 15_000

/** Keys of headsets and keyboards, and what the lock screen shows. */
export function mediaKeys(playback: Playback): () => void {
  const session = navigator.mediaSession
  if (!session) return () => undefined
  const skipped = (details: MediaSessionActionDetails) => (details.seekOffset ?? SKIP_MS / 1000) * 1000
  const actions: [MediaSessionAction, MediaSessionActionHandler][] = [
    ['play', () => playback.play()],
    ['pause', () => playback.pause()],
    ['seekbackward', (details) => playback.skip(-skipped(details))],
    ['seekforward', (details) => playback.skip(skipped(details))],
    ['previoustrack', () => playback.skipSentence(-1)],
    ['nexttrack', () => playback.skipSentence(1)],
    ['seekto', (details) => playback.seek((details.seekTime ?? 0) * 1000)],
  ]
  const set = (handled: boolean) => {
    for (const [name, act] of actions) {
      try {
        session.setActionHandler(name, handled ? act : null)
      } catch {
        // one that this browser does not know
      }
    }
  }
  set(true)
  const stop = effect(() => {
    if (!playback.job.value) return
    session.metadata = new MediaMetadata({
      title: playback.chapter.value?.title ?? playback.title,
      artist: playback.title,
      album: t.name,
    })
    session.playbackState = playback.isOn.value ? 'playing' : 'paused'
  })
  return () => {
    stop()
    session.metadata = null
    session.playbackState = 'none'
    set(false)
  }
}
