import './styles'
import { useEffect, useState } from 'preact/hooks'
import { call } from '../api/client'
import { errorMessage, isUnreachable, Problem } from '../api/problem'
import type { Media } from '../library/model'
import { takePrefetched } from '../library/prefetch'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { useTitle } from '../parts/title'
import { reconnections } from '../platform/network'
import { t } from '../texts'
import { MediaReader } from './MediaReader'
import { loadTextFont } from './ReadingSettings'

const POLL_INTERVAL_MS = 700
const RECOGNITION_POLL_INTERVAL_MS = 3000 // a page takes longer than a second, and a book half an hour

/** The screen of a media: loads it and polls until it is ready. */
export function Reader({ id }: { id: string }) {
  const [media, setMedia] = useState<Media | null>(() => takePrefetched(id))
  const [error, setError] = useState<unknown>(null)
  useTitle(media ? displayName(media.title) : t.name)
  const [isConfirmed, setConfirmed] = useState(false) // a prefetched one may not be on this device
  const load = async () => {
    setMedia(await call<Media>('GET', `/v1/media/${id}`))
    setConfirmed(true)
  }
  useEffect(() => {
    void loadTextFont() // while the media is loaded
    load().then(() => setError(null), setError)
  }, [id, reconnections.value])
  const isUnfinished = media?.status === 'pending' || media?.status === 'inspecting'
  const isRecognizing = media?.status === 'ready' && media.text_status === 'recognizing'
  const intervalMs = isUnfinished ? POLL_INTERVAL_MS : isRecognizing ? RECOGNITION_POLL_INTERVAL_MS : null
  useEffect(() => {
    if (intervalMs === null) return
    const timer = setInterval(() => load().catch(() => undefined), intervalMs)
    return () => clearInterval(timer)
  }, [intervalMs])

  if (error && !isConfirmed) return <NotLoaded error={error} />
  if (!media) return <output class="spinner" aria-label={t.loading} />
  return <MediaReader media={media} onChanged={() => void load()} />
}

/** Shown instead of a media that does not exist, or that cannot be loaded right now: then it is loaded as soon as the server responds. */
function NotLoaded({ error }: { error: unknown }) {
  const isOffline = isUnreachable(error)
  const isMissing = error instanceof Problem && error.status === 404
  return (
    <main class="empty-state" id="content">
      {isOffline && <Icon name="offline" size={44} />}
      <h1>{isOffline ? t.device.notOnDevice : isMissing ? t.notFound : t.device.notLoaded}</h1>
      <p role="alert">{isOffline ? t.device.notOnDeviceHint : errorMessage(error)}</p>
      <a class="button plain" href="#/library">
        {t.toLibrary}
      </a>
    </main>
  )
}
