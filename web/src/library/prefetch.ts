import type { Media } from './model'

const glimpsed = new Map<string, Media>()

/** Somebody is about to open this: its reader is loaded while the finger comes down. */
export function lookAhead(media: Media): void {
  glimpsed.set(media.id, media)
  void import('../reader/Reader').catch(() => undefined) // it is asked for again when it is opened
  if (media.media_type === 'application/pdf') void import('../reader/pdf/PdfView').catch(() => undefined)
}

/** What was known of a media when somebody was about to open it, once. */
export function glimpse(id: string): Media | null {
  const media = glimpsed.get(id)
  glimpsed.clear()
  return media?.status === 'ready' ? media : null
}
