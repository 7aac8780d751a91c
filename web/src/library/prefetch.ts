import type { Media } from './model'

const prefetched = new Map<string, Media>()
let loadReader: (media: Media) => void = () => undefined

/** Set the function that loads the reader's code; the library must not import the reader. */
export function onPrefetch(load: (media: Media) => void): void {
  loadReader = load
}

/** Load the reader's code before a media is opened, while the pointer is on its link. */
export function prefetch(media: Media): void {
  prefetched.set(media.id, media)
  loadReader(media)
}

/** Return a prefetched media once; null if it was not prefetched or is not ready. */
export function takePrefetched(id: string): Media | null {
  const media = prefetched.get(id)
  prefetched.clear()
  return media?.status === 'ready' ? media : null
}
