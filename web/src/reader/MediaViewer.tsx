import { useEffect, useRef, useState } from 'preact/hooks'
import { apiUrl, call } from '../api/client'
import { errorMessage } from '../api/problem'
import { download } from '../library/actions'
import { type Media, mediaKind, type SignedUrl } from '../library/model'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { lazy } from '../parts/lazy'
import { t } from '../texts'
import { ImageViewer } from './ImageViewer'

const ComicView = lazy(() => import('./comic/ComicView').then((module) => module.ComicView))
const COMIC_BOOK = 'application/vnd.comicbook+zip'

const MAX_RETRIES = 3
const RECOVERED_AFTER_S = 2 // played beyond the position of the error

/** Return a URL for media elements, with a new token. */
async function requestPlayerUrl(media: Media): Promise<string> {
  const { path } = await call<{ path: string }>('POST', `/v1/media/${media.id}/capability`)
  return apiUrl(path)
}

/** A media without text: an image, a comic book, audio, a video, or a document that can only be downloaded. */
export function MediaViewer({ media }: { media: Media }) {
  const [url, setUrl] = useState('')
  const [error, setError] = useState('')
  const kind = mediaKind(media.media_type)
  const lastError = useRef({ count: 0, atS: 0 })
  useEffect(() => {
    if (kind === 'document') return
    const loading =
      kind === 'image' ? call<SignedUrl>('GET', `/v1/media/${media.id}/url`).then((signed) => signed.url) : requestPlayerUrl(media)
    loading.then(setUrl, (thrown) => setError(errorMessage(thrown)))
  }, [media.id])
  // The signed URL behind the redirect expires, and so does the link token: request fresh ones and continue at the same position.
  const onError = async (event: Event) => {
    const player = event.currentTarget as HTMLMediaElement
    const isPlaying = !player.paused
    const atS = player.currentTime
    const { count } = lastError.current
    if (count === MAX_RETRIES) {
      setError(t.reader.damaged)
      return
    }
    lastError.current = { count: count + 1, atS }
    const failed = player.src
    const fresh = await requestPlayerUrl(media).catch(() => `${url}&again=${Date.now()}`)
    if (!player.isConnected || player.src !== failed) return // closed, or another media in the meantime
    player.src = fresh
    player.currentTime = atS
    if (isPlaying) void player.play().catch(() => undefined)
  }
  const onTimeUpdate = (event: Event) => {
    const { currentTime } = event.currentTarget as HTMLMediaElement
    if (currentTime > lastError.current.atS + RECOVERED_AFTER_S) lastError.current.count = 0
  }
  if (media.media_type === COMIC_BOOK) return <ComicView mediaId={media.id} />
  if (error) return <p class="empty-state">{error}</p>
  if (kind === 'document')
    return (
      <div class="empty-state">
        <Icon name="document" size={44} />
        <h2>{t.reader.noText}</h2>
        <button type="button" class="plain" onClick={() => void download(media)}>
          <Icon name="download" /> {t.library.download}
        </button>
      </div>
    )
  if (!url) return <output class="spinner" aria-label={t.loading} />
  if (kind === 'image') return <ImageViewer url={url} title={displayName(media.title)} />
  const attributes = {
    src: url,
    controls: true,
    onError: (event: Event) => void onError(event),
    onTimeUpdate,
    'aria-label': displayName(media.title),
  }
  // No captions: the user's own files have none.
  if (kind === 'video') return <video class="video" {...attributes} />
  return (
    <div class="audio">
      <Icon name="audio" size={64} />
      <audio {...attributes} />
    </div>
  )
}
