import { effect } from '@preact/signals'
import { t } from '../texts'
import type { Listening } from './listening'

export const SKIP_MS = 15_000

/** Keys of headsets and keyboards, and what the lock screen shows. */
export function mediaKeys(listening: Listening): () => void {
  const session = navigator.mediaSession
  if (!session) return () => undefined
  const skipped = (details: MediaSessionActionDetails) => (details.seekOffset ?? SKIP_MS / 1000) * 1000
  const actions: [MediaSessionAction, MediaSessionActionHandler][] = [
    ['play', () => listening.play()],
    ['pause', () => listening.pause()],
    ['seekbackward', (details) => listening.skip(-skipped(details))],
    ['seekforward', (details) => listening.skip(skipped(details))],
    ['previoustrack', () => listening.skipSentence(-1)],
    ['nexttrack', () => listening.skipSentence(1)],
    ['seekto', (details) => listening.seek((details.seekTime ?? 0) * 1000)],
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
    if (!listening.job.value) return
    session.metadata = new MediaMetadata({
      title: listening.chapter.value?.title ?? listening.title,
      artist: listening.title,
      album: t.name,
    })
    session.playbackState = listening.sound.isOn.value ? 'playing' : 'paused'
  })
  return () => {
    stop()
    session.metadata = null
    session.playbackState = 'none'
    set(false)
  }
}
