import '@fontsource-variable/literata/wght.css'
import '@fontsource/opendyslexic/400.css'
import '../styles/reader.css'
import { useEffect, useState } from 'preact/hooks'
import { call } from '../api/client'
import { sentence } from '../api/problem'
import type { Media } from '../library/model'
import { glimpse } from '../library/prefetch'
import { useTitle } from '../parts/title'
import { t } from '../texts'
import { Opened } from './MediaReader'

const LOOK_EVERY_MS = 700

/** One media: to be looked at, read, and listened to. */
export function Reader({ id }: { id: string }) {
  const [media, setMedia] = useState<Media | null>(() => glimpse(id))
  const [error, setError] = useState('')
  useTitle(media?.title ?? t.name)
  const load = async () => setMedia(await call<Media>('GET', `/v1/media/${id}`))
  useEffect(() => {
    load().catch((problem) => setError(sentence(problem)))
  }, [id])
  const isUnsettled = media?.status === 'pending' || media?.status === 'inspecting'
  useEffect(() => {
    if (!isUnsettled) return
    const timer = setInterval(() => load().catch(() => undefined), LOOK_EVERY_MS)
    return () => clearInterval(timer)
  }, [isUnsettled])

  if (error)
    return (
      <main class="nothing" id="content">
        <h1>{t.notFound}</h1>
        <p role="alert">{error}</p>
        <a class="button plain" href="#/library">
          {t.toLibrary}
        </a>
      </main>
    )
  if (!media) return <output class="spinner" aria-label={t.loading} />
  return <Opened media={media} onChanged={() => void load()} />
}
