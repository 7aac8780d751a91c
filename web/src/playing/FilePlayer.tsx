import '../styles/player.css'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { isShared } from '../api/share'
import type { Media } from '../library/model'
import { useThumbnail } from '../library/thumbnails'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { Name } from '../parts/Name'
import { useBarHeight } from '../parts/useBarHeight'
import { t } from '../texts'
import { ChaptersDialog } from './ChaptersDialog'
import { leave, show } from './control'
import { FilePlayback } from './filePlayback'
import { toggle } from './model'
import { nowPlaying } from './nowPlaying'
import { IconButton, MainButtons, Progress, QueueButton, SleepTimerMenu, SpeedMenu, useKeyboardShortcuts } from './PlayerControls'

/** The playback of a file that goes on from another screen; null if there is none. */
function playingFile(mediaId: string): FilePlayback | null {
  const playback = nowPlaying.peek()
  return playback instanceof FilePlayback && playback.media.id === mediaId ? playback : null
}

/** An uploaded sound or video, with the player of recordings. */
export function FilePlayer({ media }: { media: Media }) {
  const playback = useMemo(() => playingFile(media.id) ?? new FilePlayback(media), [media.id])
  const host = useRef<HTMLDivElement>(null)
  const bar = useBarHeight('--player-height')
  const cover = useThumbnail(media)
  const [showsChapters, setShowsChapters] = useState(false)
  const isVideo = playback.element instanceof HTMLVideoElement
  useKeyboardShortcuts(playback)
  useLayoutEffect(() => {
    playback.mount(host.current)
    return () => playback.mount(null)
  }, [playback])
  useEffect(() => {
    show(playback)
    return () => leave(playback)
  }, [playback])
  useEffect(() => {
    const { element } = playback
    const onFullScreen = () => {
      element.controls = document.fullscreenElement === element // the page's own are not to be seen then
    }
    element.addEventListener('fullscreenchange', onFullScreen)
    return () => element.removeEventListener('fullscreenchange', onFullScreen)
  }, [playback])
  const title = displayName(media.title)
  const chapter = playback.chapter.value
  return (
    <>
      {isVideo ? (
        // biome-ignore lint/a11y/noStaticElementInteractions: the play button and the space key do the same
        // biome-ignore lint/a11y/useKeyWithClickEvents: as above
        <div class="video" ref={host} onClick={() => toggle(playback)} />
      ) : (
        <div class="audio">{cover ? <img class="audio-cover" src={cover} alt="" /> : <Icon name="audio" size={64} />}</div>
      )}
      <section class="player" aria-label={t.listening.player} ref={bar}>
        <Progress playback={playback} />
        <div class="player-row">
          <div class="player-state">
            <strong>
              <Name>{media.title}</Name>
            </strong>
            {chapter && (
              <span class="dim">
                <Name>{chapter.title}</Name>
              </span>
            )}
            {playback.hasFailed.value && (
              <span class="error-text player-error" role="alert">
                {t.reader.damaged}{' '}
                <button type="button" class="plain" onClick={() => playback.play()}>
                  {t.tryAgain}
                </button>
              </span>
            )}
          </div>
          <MainButtons playback={playback} />
          <div class="player-more">
            {playback.chapters.value.length > 0 && (
              <IconButton icon="contents" label={t.reader.contents} onClick={() => setShowsChapters(true)} />
            )}
            {isVideo && (
              <IconButton
                icon="fullScreen"
                label={t.listening.fullScreen(title)}
                onClick={() => void playback.element.requestFullscreen().catch(() => undefined)}
              />
            )}
            <SpeedMenu />
            <SleepTimerMenu playback={playback} />
            {!isShared() && <QueueButton />}
          </div>
        </div>
      </section>
      {showsChapters && <ChaptersDialog playback={playback} onClose={() => setShowsChapters(false)} />}
    </>
  )
}
