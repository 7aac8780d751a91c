import { call } from '../platform/api'

export interface Chapter {
  title: string
  start: number
  end: number
}

interface Answer {
  pages: number
  chapters: Chapter[]
  text: string
  start: number
  end: number
}

export interface Paragraph {
  start: number
  text: string
  isHeading: boolean
}

/**
 * A reading text. The API counts code points, JavaScript counts UTF-16 units; everything outside of this class counts code points.
 * They differ behind each character beyond the Basic Multilingual Plane, of which `wide` holds the places.
 */
export class ReadingText {
  readonly paragraphs: Paragraph[]
  private readonly wide: number[] = []

  constructor(
    readonly text: string,
    readonly chapters: Chapter[],
    readonly language: string,
    /** Where the text begins: a page's text begins within the whole. */
    readonly start = 0,
  ) {
    let point = 0
    for (let unit = 0; unit < text.length; unit++, point++) {
      const code = text.charCodeAt(unit)
      if (code >= 0xd800 && code < 0xdc00) {
        this.wide.push(point)
        unit++
      }
    }
    const headings = new Set(chapters.map((chapter) => chapter.start))
    this.paragraphs = [...text.matchAll(/[^\n]+/g)].map((match) => {
      const begin = this.point(match.index)
      return { start: begin, text: match[0], isHeading: headings.has(begin) }
    })
  }

  static async of(mediaId: string, language: string | null): Promise<ReadingText> {
    const { text, chapters } = await call<Answer>('GET', `/v1/media/${mediaId}/text`)
    return new ReadingText(text, chapters, language ?? 'und')
  }

  /** The code point at a UTF-16 unit. */
  point(unit: number): number {
    return this.start + unit - below(this.wide, (at, index) => at + index + 1 < unit)
  }

  /** The UTF-16 unit at a code point. */
  unit(point: number): number {
    const local = point - this.start
    return local + below(this.wide, (at) => at < local)
  }

  get end(): number {
    return this.point(this.text.length)
  }

  paragraphAt(point: number): number {
    return Math.max(0, below(this.paragraphs, (paragraph) => paragraph.start <= point) - 1)
  }

  chapterAt(point: number): Chapter | undefined {
    return this.chapters.findLast((chapter) => chapter.start <= point)
  }

  /** The sentence around a place, as code points. */
  sentenceAt(point: number): [number, number] {
    const paragraph = this.paragraphs[this.paragraphAt(point)]
    if (!paragraph) return [point, point]
    const first = this.unit(paragraph.start)
    const local = Math.min(paragraph.text.length - 1, Math.max(0, this.unit(point) - first))
    const found = segmenter(this.language).segment(paragraph.text).containing(local)
    if (!found) return [paragraph.start, this.point(first + paragraph.text.length)]
    return [this.point(first + found.index), this.point(first + found.index + found.segment.trimEnd().length)]
  }
}

/** How many of the first ones fulfil what only a beginning of them fulfils. */
export function below<T>(sorted: readonly T[], isBelow: (item: T, index: number) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBelow(sorted[middle] as T, middle)) low = middle + 1
    else high = middle
  }
  return low
}

const segmenters = new Map<string, Intl.Segmenter>()

function segmenter(language: string): Intl.Segmenter {
  let known = segmenters.get(language)
  if (!known) {
    known = new Intl.Segmenter(language === 'und' ? undefined : language, { granularity: 'sentence' })
    segmenters.set(language, known)
  }
  return known
}

export interface PageText {
  start: number
  end: number
  text: string
}

/** Which part of the reading text stands on which page; asked for page by page, as needed. */
export class PageIndex {
  private readonly known = new Map<number, Promise<PageText>>()

  constructor(
    private readonly mediaId: string,
    private readonly pages: number,
  ) {}

  at(page: number): Promise<PageText> {
    let found = this.known.get(page)
    if (!found) {
      found = call<PageText>('GET', `/v1/media/${this.mediaId}/text`, { query: { page } })
      found.catch(() => this.known.delete(page))
      this.known.set(page, found)
    }
    return found
  }

  /** The page on which a place stands: halving takes 11 questions for 2,000 pages, and the answers are kept. */
  async pageOf(point: number): Promise<number> {
    let low = 1
    let high = this.pages
    while (low < high) {
      const middle = (low + high) >> 1
      if ((await this.at(middle)).end <= point) low = middle + 1
      else high = middle
    }
    return low
  }
}
