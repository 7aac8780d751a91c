import { useEffect, useState } from 'preact/hooks'
import { call } from '../api/client'
import { reconnections } from '../platform/network'
import type { Media, SignedUrl } from './model'

const URL_CACHE_MS = 600_000 // a signed URL is valid for 15 minutes
const SCROLL_DELAY_MS = 120 // items that are only scrolled past request no thumbnail
const urlCache = new Map<string, { url: Promise<string | null>; validUntil: number }>()

/** Return the URL of a thumbnail; null if it cannot be had. */
export function thumbnailUrl(media: Media): Promise<string | null> {
  const cached = urlCache.get(media.id)
  if (cached && cached.validUntil > Date.now()) return cached.url
  const url = call<SignedUrl>('GET', `/v1/media/${media.id}/url`, { query: { variant: 'thumbnail' } }).then(
    (signed) => signed.url,
    () => {
      urlCache.delete(media.id) // perhaps only the network failed
      return null
    },
  )
  urlCache.set(media.id, { url, validUntil: Date.now() + URL_CACHE_MS })
  return url
}

/** The URL of a media's thumbnail; null until it is loaded, or if there is none. */
export function useThumbnail(media: Media): string | null {
  const [url, setUrl] = useState<string | null>(null)
  const hasThumbnail = media.status === 'ready' && media.has_thumbnail
  useEffect(() => {
    setUrl(null)
    if (!hasThumbnail) return
    let isCurrent = true
    const delayMs = urlCache.has(media.id) ? 0 : SCROLL_DELAY_MS
    const timer = setTimeout(() => thumbnailUrl(media).then((loaded) => isCurrent && setUrl(loaded)), delayMs)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [media.id, hasThumbnail, reconnections.value])
  return url
}
