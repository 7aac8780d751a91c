import { useEffect, useState } from 'preact/hooks'
import { call } from '../api/client'
import { errorMessage } from '../api/problem'
import { download } from '../library/actions'
import { type Media, mediaKind, type SignedUrl } from '../library/model'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { lazy } from '../parts/lazy'
import { FilePlayer } from '../playing/FilePlayer'
import { t } from '../texts'
import { ImageViewer } from './ImageViewer'

const ComicView = lazy(() => import('./comic/ComicView').then((module) => module.ComicView))
const COMIC_BOOK = 'application/vnd.comicbook+zip'

/** A media without text: an image, a comic book, audio, a video, or a document that can only be downloaded. */
export function MediaViewer({ media }: { media: Media }) {
  const [url, setUrl] = useState('')
  const [error, setError] = useState('')
  const kind = mediaKind(media.media_type)
  useEffect(() => {
    if (kind !== 'image') return
    call<SignedUrl>('GET', `/v1/media/${media.id}/url`).then(
      (signed) => setUrl(signed.url),
      (thrown) => setError(errorMessage(thrown)),
    )
  }, [media.id])
  if (media.media_type === COMIC_BOOK) return <ComicView media={media} />
  if (kind === 'audio' || kind === 'video') return <FilePlayer media={media} />
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
  const { width, height } = media
  if (!url && !width) return <output class="spinner" aria-label={t.loading} />
  return <ImageViewer url={url} title={displayName(media.title)} width={width} height={height} />
}
