export type JobStatus = 'queued' | 'planning' | 'speaking' | 'finishing' | 'done' | 'partial' | 'failed' | 'cancelled'

export interface Job {
  id: string
  media_id: string
  text_version: number
  /** The part of the text that it reads, in code points. */
  start: number
  end: number
  voice: string
  language: string
  skip: string[]
  status: JobStatus
  progress: { done: number; total: number }
  characters: number
  duration_ms: number | null
  gaps: { text_start: number; text_end: number; reason: string }[]
  checks: { segments: number; respoken: number; doubtful: { start: number; end: number; reason: string }[] }
  error: string | null
  created_at: string
}

/** [start_ms, end_ms, text_start, text_end]: when a word is spoken, and its position in the text in code points. */
export type WordTiming = [number, number, number, number]

/** A part of the recording in which only words of one kind of content are spoken, such as a table. */
export interface SkippableRange {
  kind: string
  start_ms: number
  end_ms: number
}

export interface SpeechMarks {
  duration_ms: number
  complete: boolean
  words: WordTiming[]
  skippable: SkippableRange[]
}

export interface Voice {
  id: string
  display_name: string
  language: string
  quality: 'natural' | 'basic'
  /** The sentence that all voices of a language say; null until it has been made. */
  sample_url: string | null
  marks: boolean
}

export interface Quote {
  voice: string
  /** The ids of the voices for passages in other languages, by language. */
  passage_voices: Record<string, string>
  characters: number
  cached_characters: number
  estimated_cost: number
  currency: string
  estimated_audio_ms: number
  segments: number
  /** Characters by kind of content. */
  skippable: Record<string, number>
}

export const isInProgress = (job: Job) => ['queued', 'planning', 'speaking', 'finishing'].includes(job.status)
export const isFinished = (job: Job) => job.status === 'done' || job.status === 'partial'

export interface LoadOptions {
  play: boolean
  /** The text position to start at. */
  startAt?: number
}
