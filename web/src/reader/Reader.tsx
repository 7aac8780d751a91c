import { displayName } from '../parts/displayName'
import '@fontsource-variable/literata/wght.css'
import '@fontsource-variable/literata/wght-italic.css'
import '@fontsource/opendyslexic/400.css'
import '../styles/reader.css'
import '../styles/print.css'
import { useEffect, useState } from 'preact/hooks'
import { call } from '../api/client'
import { errorMessage } from '../api/problem'
import type { Media } from '../library/model'
import { takePrefetched } from '../library/prefetch'
import { useTitle } from '../parts/title'
import { t } from '../texts'
import { MediaReader } from './MediaReader'
import { loadTextFont } from './ReadingSettings'

const POLL_INTERVAL_MS = 700
const RECOGNITION_POLL_INTERVAL_MS = 3000 // a page takes longer than a second, and a book half an hour

/** The screen of a media: loads it and polls until it is ready. */
export function Reader({ id }: { id: string }) {
  const [media, setMedia] = useState<Media | null>(() => takePrefetched(id))
  const [error, setError] = useState('')
  useTitle(media ? displayName(media.title) : t.name)
  const load = async () => setMedia(await call<Media>('GET', `/v1/media/${id}`))
  useEffect(() => {
    void loadTextFont() // while the media is loaded
    load().catch((thrown) => setError(errorMessage(thrown)))
  }, [id])
  const isUnfinished = media?.status === 'pending' || media?.status === 'inspecting'
  const isRecognizing = media?.status === 'ready' && media.text_status === 'recognizing'
  const intervalMs = isUnfinished ? POLL_INTERVAL_MS : isRecognizing ? RECOGNITION_POLL_INTERVAL_MS : null
  useEffect(() => {
    if (intervalMs === null) return
    const timer = setInterval(() => load().catch(() => undefined), intervalMs)
    return () => clearInterval(timer)
  }, [intervalMs])

  if (error)
    return (
      <main class="empty-state" id="content">
        <h1>{t.notFound}</h1>
        <p role="alert">{error}</p>
        <a class="button plain" href="#/library">
          {t.toLibrary}
        </a>
      </main>
    )
  if (!media) return <output class="spinner" aria-label={t.loading} />
  return <MediaReader media={media} onChanged={() => void load()} />
}
