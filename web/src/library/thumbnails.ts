import { useEffect, useState } from 'preact/hooks'
import { call } from '../api/client'
import type { Media, SignedUrl } from './model'

const KEPT_MS = 600_000 // a signed URL lives 15 minutes
const SETTLE_MS = 120 // what is scrolled past is not asked for
const known = new Map<string, { url: Promise<string | null>; until: number }>()

function address(media: Media): Promise<string | null> {
  const kept = known.get(media.id)
  if (kept && kept.until > Date.now()) return kept.url
  const url = call<SignedUrl>('GET', `/v1/media/${media.id}/url`, { query: { variant: 'thumbnail' } }).then(
    (signed) => signed.url,
    () => null,
  )
  known.set(media.id, { url, until: Date.now() + KEPT_MS })
  return url
}

/** The address of a media's small picture, once it is known that there is one. */
export function useThumbnail(media: Media): string | null {
  const [url, setUrl] = useState<string | null>(null)
  const wanted = media.status === 'ready' && media.has_thumbnail
  useEffect(() => {
    setUrl(null)
    if (!wanted) return
    let isCurrent = true
    const wait = known.has(media.id) ? 0 : SETTLE_MS
    const timer = setTimeout(() => address(media).then((found) => isCurrent && setUrl(found)), wait)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [media.id, wanted])
  return url
}
