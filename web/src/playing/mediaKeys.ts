import { effect } from '@preact/signals'
import { thumbnailUrl } from '../library/thumbnails'
import { displayName } from '../parts/displayName'
import { t } from '../texts'
import { playbackRate } from './audioPlayer'
import { type Playback, skipChapter } from './model'

export const SKIP_MS = 15_000

/**
 * Connect a playback to media keys and the lock screen (Media Session), with its cover and its position.
 * Returns a function that disconnects it.
 */
export function handleMediaKeys(playback: Playback): () => void {
  const session = navigator.mediaSession
  if (!session) return () => undefined
  const offsetMs = (details: MediaSessionActionDetails) => (details.seekOffset ?? SKIP_MS / 1000) * 1000
  const handlers: [MediaSessionAction, MediaSessionActionHandler][] = [
    ['play', () => playback.play()],
    ['pause', () => playback.pause()],
    ['stop', () => playback.pause()],
    ['seekbackward', (details) => playback.skip(-offsetMs(details))],
    ['seekforward', (details) => playback.skip(offsetMs(details))],
    ['seekto', (details) => playback.seek((details.seekTime ?? 0) * 1000)],
  ]
  const chapterHandlers: [MediaSessionAction, MediaSessionActionHandler][] = [
    ['previoustrack', () => skipChapter(playback, -1)],
    ['nexttrack', () => skipChapter(playback, 1)],
  ]
  const setHandlers = (pairs: typeof handlers, isConnected: boolean) => {
    for (const [action, handler] of pairs) {
      try {
        session.setActionHandler(action, isConnected ? handler : null)
      } catch {
        // an action that this browser does not support
      }
    }
  }
  setHandlers(handlers, true)
  let artwork: MediaImage[] = []
  const showMetadata = () => {
    const title = displayName(playback.media.title)
    session.metadata = new MediaMetadata({
      title: displayName(playback.chapter.peek()?.title ?? playback.media.title),
      artist: displayName(playback.media.metadata.creators.join(', ')) || title,
      album: playback.chapter.peek() ? title : t.name,
      artwork,
    })
  }
  let isConnected = true
  if (playback.media.has_thumbnail)
    void thumbnailUrl(playback.media).then((url) => {
      if (!url || !isConnected) return
      artwork = [{ src: url }]
      showMetadata()
    })
  const disposers = [
    effect(() => {
      playback.chapter.value?.title
      showMetadata()
    }),
    effect(() => setHandlers(chapterHandlers, playback.chapters.value.length > 1)),
    effect(() => {
      session.playbackState = playback.isPlayRequested.value ? 'playing' : 'paused'
    }),
    effect(() => {
      const duration = playback.durationMs.value / 1000
      const position = Math.min(playback.positionMs.value / 1000, duration)
      if (duration > 0) session.setPositionState?.({ duration, position, playbackRate: playbackRate.value })
    }),
  ]
  return () => {
    isConnected = false
    for (const dispose of disposers) dispose()
    session.metadata = null
    session.playbackState = 'none'
    session.setPositionState?.()
    setHandlers([...handlers, ...chapterHandlers], false)
  }
}
