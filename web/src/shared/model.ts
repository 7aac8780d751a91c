import type { Media, Metadata } from '../library/model'

/** What a share opens, as its readers see it. */
export interface SharedContent {
  kind: 'media' | 'collection'
  title: string
  description: string
  media_id: string | null
  download: boolean
}

/** The fields of a media that readers of a share see. */
export interface SharedMedia {
  id: string
  title: string
  media_type: string
  page_count: number | null
  width: number | null
  height: number | null
  duration_ms: number | null
  word_count: number | null
  language: string | null
  text_status: Media['text_status']
  text_version: number | null
  is_scan: boolean
  metadata: Metadata
  has_thumbnail: boolean
  has_document: boolean
}

/** A shared media as the parts of the reader take it: ready, and without what only its owner sees. */
export function toMedia(shared: SharedMedia): Media {
  return {
    ...shared,
    filename: '',
    size_bytes: 0,
    status: 'ready',
    rejection: null,
    notes: [],
    recognition: null,
    tags: [],
    collection_ids: [],
    created_at: '',
    updated_at: '',
    ready_at: null,
    trashed_at: null,
    position: null,
    opened_at: null,
    source_url: null,
    duplicate_of: null,
  }
}
