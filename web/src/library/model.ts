// Resources of the API, with the fields that the page uses.

export type MediaStatus = 'pending' | 'inspecting' | 'ready' | 'rejected' | 'expired' | 'trashed'

export interface InspectionFinding {
  code: string
  detail: string
}

/** What a file says of itself, with its owner's corrections. */
export interface Metadata {
  title: string | null
  creators: string[]
  language: string | null
  publisher: string | null
  published: string | null
  series: string | null
  series_index: number | null
}

/** Where the reader of a media is; `fraction` of it is before. */
export interface Position {
  text_offset: number
  page: number | null
  time_ms: number | null
  zoom: number | null
  fraction: number
  updated_at: string
}

export interface Media {
  id: string
  filename: string
  title: string
  media_type: string
  size_bytes: number
  status: MediaStatus
  rejection: InspectionFinding | null
  notes: InspectionFinding[]
  page_count: number | null
  width: number | null
  height: number | null
  duration_ms: number | null
  word_count: number | null
  language: string | null
  text_status: 'none' | 'ready' | 'recognizing' | 'failed'
  /** Incremented when the text is made again; null without text. */
  text_version: number | null
  /** `text_pages`: pages from the first that can be listened to meanwhile; null if none before all are recognized. */
  /** Pages are pictures, and their text can be recognized, or was. */
  is_scan: boolean
  recognition: { pages_done: number; pages_total: number; text_pages: number | null } | null
  metadata: Metadata
  has_thumbnail: boolean
  /** The document can be shown in its own form. */
  has_document: boolean
  tags: string[]
  collection_ids: string[]
  created_at: string
  updated_at: string
  ready_at: string | null
  trashed_at: string | null
  position: Position | null
  opened_at: string | null
  /** The address that it was imported from. */
  source_url: string | null
  /** The first media that has the same bytes. */
  duplicate_of: string | null
}

export interface Collection {
  id: string
  name: string
  description: string
  item_count: number
}

export interface SearchHit {
  media_id: string
  title: string
  creators: string[]
  series: string | null
  page: number | null
  snippet: string
  text_start: number | null
  text_end: number | null
  speech: { job_id: string; start_ms: number } | null
}

/** A tag, and the number of media that have it. */
export interface UsedTag {
  tag: string
  item_count: number
}

export interface SignedUrl {
  url: string
  expires_at: string
  media_type: string
  size_bytes: number
}

export interface Account {
  id: string
  usage: {
    stored_bytes: number
    stored_items: number
    media: Record<MediaStatus, number>
    collections: number
    speech_jobs: number
    spoken_characters: number
  }
  limits: {
    quota_bytes: number
    quota_items: number
    file_bytes: number
    speech_requests_per_minute: number
    speech_characters_per_job: number
    recognition_languages: string[]
    trash_days: number
  }
}

/** The family of a media type: how it is shown. */
export type MediaKind = 'document' | 'image' | 'audio' | 'video'

export function mediaKind(mediaType: string): MediaKind {
  const family = mediaType.split('/')[0]
  return family === 'image' ? 'image' : family === 'audio' ? 'audio' : family === 'video' ? 'video' : 'document'
}

/** Is the media waiting for its page or file of the web? */
export const isFetched = (media: Media) => media.status === 'pending' && media.source_url !== null
