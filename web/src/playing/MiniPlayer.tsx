import '../styles/player.css'
import '../styles/mini-player.css'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { mediaKind } from '../library/model'
import { useThumbnail } from '../library/thumbnails'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { Name } from '../parts/Name'
import { useBarHeight } from '../parts/useBarHeight'
import { t } from '../texts'
import { formatTime } from '../texts/format'
import { close } from './control'
import type { Playback } from './model'
import { IconButton, PlayButton, QueueButton, SkipButton } from './PlayerControls'

interface Props {
  playback: Playback
  /** Bookmark what is spoken. */
  onBookmark: () => void
}

/** What plays while its own screen is not open: its title leads back there. */
export function MiniPlayer({ playback, onBookmark }: Props) {
  const { media, text } = playback
  const bar = useBarHeight('--mini-player-height')
  const cover = useThumbnail(media)
  const picture = useRef<HTMLSpanElement>(null)
  const isVideo = mediaKind(media.media_type) === 'video'
  useLayoutEffect(() => {
    playback.mount?.(picture.current)
    return () => playback.mount?.(null)
  }, [playback])
  const totalMs = playback.durationMs.value
  const positionMs = Math.min(playback.positionMs.value, totalMs)
  const title = displayName(media.title)
  const chapter = playback.chapter.value
  return (
    <section class="mini-player" aria-label={t.listening.nowPlaying} ref={bar}>
      <div class="mini-player-progress" style={{ '--at': String(totalMs ? positionMs / totalMs : 0) }} aria-hidden="true" />
      <div class="mini-player-info">
        <span key={media.id} class="mini-player-cover" aria-hidden="true" ref={picture}>
          {!isVideo && (cover ? <img src={cover} alt="" /> : <Icon name="listen" />)}
        </span>
        <div class="mini-player-text">
          <a href={`#/media/${media.id}`} aria-label={t.listening.openPlaying(title)}>
            <Name>{media.title}</Name>
          </a>
          <span class="dim">
            {formatTime(positionMs)} / {formatTime(totalMs)}
            {chapter && ` · ${displayName(chapter.title)}`}
          </span>
        </div>
      </div>
      <div class="mini-player-buttons">
        <SkipButton playback={playback} step={-1} />
        <PlayButton playback={playback} size={22} />
        <SkipButton playback={playback} step={1} />
        {text && <IconButton icon="bookmark" label={t.annotations.bookmarkSpoken} onClick={onBookmark} />}
        <QueueButton />
        <IconButton icon="close" label={t.listening.closePlayer} onClick={close} />
      </div>
    </section>
  )
}
