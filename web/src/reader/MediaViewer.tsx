import { useEffect, useRef, useState } from 'preact/hooks'
import { address, call } from '../api/client'
import { sentence } from '../api/problem'
import { download } from '../library/actions'
import { kindOf, type Media, type SignedUrl } from '../library/model'
import { Icon } from '../parts/Icon'
import { t } from '../texts'
import { Picture } from './ImageViewer'

const MENDED_S = 2 // heard beyond the place where it broke

/** Pictures, sound, video; and files of which nothing can be shown. */
export function Plain({ media }: { media: Media }) {
  const [url, setUrl] = useState('')
  const [error, setError] = useState('')
  const kind = kindOf(media.media_type)
  const broke = useRef({ times: 0, atS: 0 })
  useEffect(() => {
    if (kind === 'document') return
    const asked =
      kind === 'picture'
        ? call<SignedUrl>('GET', `/v1/media/${media.id}/url`).then((signed) => signed.url)
        : call<{ path: string }>('POST', `/v1/media/${media.id}/capability`).then(({ path }) => address(path))
    asked.then(setUrl, (problem) => setError(sentence(problem)))
  }, [media.id])
  // The address behind the redirect runs out: ask again, and go on where it was.
  const again = (event: Event) => {
    const player = event.currentTarget as HTMLMediaElement
    const isPlaying = !player.paused
    const atS = player.currentTime
    const { times } = broke.current
    if (times === 3) {
      setError(t.reader.damaged)
      return
    }
    broke.current = { times: times + 1, atS }
    player.src = `${url}&again=${Date.now()}`
    player.currentTime = atS
    if (isPlaying) void player.play().catch(() => undefined)
  }
  const onTimeUpdate = (event: Event) => {
    const { currentTime } = event.currentTarget as HTMLMediaElement
    if (currentTime > broke.current.atS + MENDED_S) broke.current.times = 0
  }
  if (error) return <p class="nothing">{error}</p>
  if (kind === 'document')
    return (
      <div class="nothing">
        <Icon name="document" size={44} />
        <h2>{t.reader.noText}</h2>
        <button type="button" class="plain" onClick={() => void download(media)}>
          <Icon name="download" /> {t.library.download}
        </button>
      </div>
    )
  if (!url) return <output class="spinner" aria-label={t.loading} />
  if (kind === 'picture') return <Picture url={url} title={media.title} />
  const player = { src: url, controls: true, onError: again, onTimeUpdate, 'aria-label': media.title }
  // No captions: of somebody's own file there are none.
  if (kind === 'video') return <video class="video" {...player} />
  return (
    <div class="sound">
      <Icon name="audio" size={64} />
      <audio {...player} />
    </div>
  )
}
