import { signal } from '@preact/signals'
import { call } from '../api/client'
import { isUnreachable } from '../api/problem'
import { reconnection } from '../platform/network'
import { TextChunk } from './textChunk'

/** The length of a chunk: half a second to load over a slow connection, and over an hour of audio. */
export const CHUNK_CODE_POINTS = 60_000

export interface Chapter {
  title: string
  start: number
  end: number
}

interface TextResponse {
  chapters: Chapter[]
  text: string
  start: number
  length: number
}

/** The extracted text of a media, loaded in chunks: a book may have five million characters. Positions are code points. */
export class ReadingText {
  /** Incremented when a chunk is loaded. */
  readonly revision = signal(0)
  /** The chunks by number; null while not loaded. Chunk n starts with the first paragraph at or after n · CHUNK_CODE_POINTS. */
  readonly chunks: (TextChunk | null)[]
  private readonly inFlight = new Map<number, Promise<void>>()
  private readonly headings: ReadonlySet<number>

  private constructor(
    private readonly mediaId: string,
    private version: number | null,
    readonly chapters: Chapter[],
    readonly length: number,
    readonly language: string,
  ) {
    this.chunks = Array.from({ length: Math.max(1, Math.ceil(length / CHUNK_CODE_POINTS)) }, () => null)
    this.headings = new Set(chapters.map((chapter) => chapter.start))
  }

  /** Load the chunk at a position, or the first one, of a version or of the current text. Throws Problem. */
  static async load(mediaId: string, version: number | null, language: string | null, position: number | null): Promise<ReadingText> {
    const number = Math.floor((position ?? 0) / CHUNK_CODE_POINTS)
    const response = await fetchChunk(mediaId, version, number)
    const text = new ReadingText(mediaId, version, response.chapters, response.length, language ?? 'und')
    text.addChunk(number, response)
    if (position !== null) await text.ensureLoaded(position)
    return text
  }

  /** Load further chunks of this version, which has a recording: it is kept when another text becomes the current one. */
  keep(version: number): void {
    this.version = version
  }

  /** Load the chunk that contains a position. Throws Problem. */
  async ensureLoaded(position: number): Promise<void> {
    const number = this.chunkNumber(position)
    await this.loadChunk(number)
    const chunk = this.chunks[number]
    if (chunk && position < chunk.start && number > 0) await this.loadChunk(number - 1)
  }

  loadChunk(number: number): Promise<void> {
    let loading = this.inFlight.get(number)
    if (this.chunks[number] || number >= this.chunks.length) return Promise.resolve()
    if (!loading) {
      loading = fetchChunk(this.mediaId, this.version, number).then((response) => this.addChunk(number, response))
      loading.catch(() => undefined).finally(() => this.inFlight.delete(number))
      this.inFlight.set(number, loading)
    }
    return loading
  }

  /** Return the chunk that contains a position; null if it is not loaded. */
  chunkAt(position: number): TextChunk | null {
    const number = this.chunkNumber(position)
    const chunk = this.chunks[number]
    return chunk && position < chunk.start ? (this.chunks[number - 1] ?? null) : (chunk ?? null)
  }

  chapterAt(position: number): Chapter | undefined {
    return this.chapters.findLast((chapter) => chapter.start <= position)
  }

  /** Return start and end of the sentence at a position; both are the position itself if it is not loaded. */
  sentenceAt(position: number): [number, number] {
    return this.chunkAt(position)?.sentenceAt(position) ?? [position, position]
  }

  private chunkNumber(position: number): number {
    return Math.min(this.chunks.length - 1, Math.max(0, Math.floor(position / CHUNK_CODE_POINTS)))
  }

  private addChunk(number: number, { text, start }: TextResponse): void {
    this.chunks[number] = new TextChunk(text, start, this.headings, this.language)
    this.revision.value++
  }
}

/** Load a chunk; without a network, as soon as there is one. Throws Problem. */
async function fetchChunk(mediaId: string, version: number | null, number: number): Promise<TextResponse> {
  const query = { version, start: number * CHUNK_CODE_POINTS, end: (number + 1) * CHUNK_CODE_POINTS }
  for (;;) {
    try {
      return await call<TextResponse>('GET', `/v1/media/${mediaId}/text`, { query })
    } catch (error) {
      if (!isUnreachable(error)) throw error
      await reconnection()
    }
  }
}
