import { signal } from '@preact/signals'
import { call } from '../api/client'
import { Piece } from './textChunk'

/** About as many code points are loaded at a time: half a second of a slow line, and hours of listening. */
export const PIECE = 60_000

export interface Chapter {
  title: string
  start: number
  end: number
}

interface Answer {
  chapters: Chapter[]
  text: string
  start: number
  length: number
}

/** The reading text of a media, of which what is near is loaded: a book may have five million characters. */
export class ReadingText {
  /** Goes up with each piece that arrived. */
  readonly arrived = signal(0)
  /** By number; the holes are not loaded yet. Piece n begins with the first paragraph that begins at n · PIECE or behind. */
  readonly pieces: (Piece | null)[]
  private readonly asked = new Map<number, Promise<void>>()
  private readonly headings: ReadonlySet<number>

  private constructor(
    private readonly mediaId: string,
    readonly chapters: Chapter[],
    readonly length: number,
    readonly language: string,
  ) {
    this.pieces = Array.from({ length: Math.max(1, Math.ceil(length / PIECE)) }, () => null)
    this.headings = new Set(chapters.map((chapter) => chapter.start))
  }

  /** With what stands around `at`, or at the beginning. Throws Problem. */
  static async of(mediaId: string, language: string | null, at: number | null): Promise<ReadingText> {
    const number = Math.floor((at ?? 0) / PIECE)
    const answer = await ask(mediaId, number)
    const text = new ReadingText(mediaId, answer.chapters, answer.length, language ?? 'und')
    text.take(number, answer)
    if (at !== null) await text.load(at)
    return text
  }

  /** See that what stands around a place is there. Throws Problem. */
  async load(point: number): Promise<void> {
    const number = this.numberOf(point)
    await this.loadPiece(number)
    const piece = this.pieces[number]
    if (piece && point < piece.start && number > 0) await this.loadPiece(number - 1)
  }

  loadPiece(number: number): Promise<void> {
    let loading = this.asked.get(number)
    if (this.pieces[number] || number >= this.pieces.length) return Promise.resolve()
    if (!loading) {
      loading = ask(this.mediaId, number).then((answer) => this.take(number, answer))
      loading.catch(() => undefined).finally(() => this.asked.delete(number))
      this.asked.set(number, loading)
    }
    return loading
  }

  /** The piece that holds a place, when it is loaded. */
  at(point: number): Piece | null {
    const number = this.numberOf(point)
    const piece = this.pieces[number]
    return piece && point < piece.start ? (this.pieces[number - 1] ?? null) : (piece ?? null)
  }

  chapterAt(point: number): Chapter | undefined {
    return this.chapters.findLast((chapter) => chapter.start <= point)
  }

  /** The sentence around a place, as code points; nothing long when that is not loaded. */
  sentenceAt(point: number): [number, number] {
    return this.at(point)?.sentenceAt(point) ?? [point, point]
  }

  private numberOf(point: number): number {
    return Math.min(this.pieces.length - 1, Math.max(0, Math.floor(point / PIECE)))
  }

  private take(number: number, { text, start }: Answer): void {
    this.pieces[number] = new Piece(text, start, this.headings, this.language)
    this.arrived.value++
  }
}

function ask(mediaId: string, number: number): Promise<Answer> {
  return call<Answer>('GET', `/v1/media/${mediaId}/text`, { query: { start: number * PIECE, end: (number + 1) * PIECE } })
}
