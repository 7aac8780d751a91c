import { useEffect, useRef, useState } from 'preact/hooks'
import { download } from '../library/actions'
import { kindOf, type Media, type SignedUrl } from '../library/model'
import { Icon } from '../parts/Icon'
import { address, call } from '../platform/api'
import { sentence } from '../platform/problem'
import { t } from '../texts'

/** Pictures, sound, video; and files of which nothing can be shown. */
export function Plain({ media }: { media: Media }) {
  const [url, setUrl] = useState('')
  const [error, setError] = useState('')
  const kind = kindOf(media.media_type)
  const restarts = useRef(0)
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
    if (restarts.current++ >= 3) {
      setError(t.reader.damaged)
      return
    }
    const place = player.currentTime
    player.src = `${url}&again=${Date.now()}`
    player.currentTime = place
    void player.play().catch(() => undefined)
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
  if (kind === 'picture') return <img class="picture" src={url} alt={t.reader.picture(media.title)} />
  // biome-ignore lint/a11y/useMediaCaption: somebody's own file, of which there are no captions
  if (kind === 'video') return <video class="video" src={url} controls onError={again} aria-label={media.title} />
  return (
    <div class="sound">
      <Icon name="audio" size={64} />
      {/* biome-ignore lint/a11y/useMediaCaption: as above */}
      <audio src={url} controls onError={again} aria-label={media.title} />
    </div>
  )
}
