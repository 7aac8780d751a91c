import { below } from './lowerBound'

export interface Paragraph {
  start: number
  text: string
  isHeading: boolean
}

/**
 * A part of a reading text. The API counts code points, JavaScript counts UTF-16 units; everything outside of this class counts code
 * points. They differ behind each character beyond the Basic Multilingual Plane, of which `wide` holds the places.
 */
export class Piece {
  readonly paragraphs: Paragraph[]
  readonly end: number
  private readonly wide: number[] = []

  constructor(
    readonly text: string,
    /** Where it begins within the whole. */
    readonly start: number,
    headings: ReadonlySet<number>,
    private readonly language: string,
  ) {
    let point = start
    for (let unit = 0; unit < text.length; unit++, point++) {
      const code = text.charCodeAt(unit)
      if (code >= 0xd800 && code < 0xdc00) {
        this.wide.push(point - start)
        unit++
      }
    }
    this.end = point
    this.paragraphs = [...text.matchAll(/[^\n]+/g)].map((match) => {
      const begin = this.point(match.index)
      return { start: begin, text: match[0], isHeading: headings.has(begin) }
    })
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

  /** Which paragraph a place is in; the first one for what stands before it. */
  paragraphAt(point: number): number {
    return Math.max(0, below(this.paragraphs, (paragraph) => paragraph.start <= point) - 1)
  }

  /** The words between two places. */
  between(start: number, end: number): string {
    return this.text.slice(this.unit(start), this.unit(end))
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

const segmenters = new Map<string, Intl.Segmenter>()

function segmenter(language: string): Intl.Segmenter {
  let known = segmenters.get(language)
  if (!known) {
    known = new Intl.Segmenter(language === 'und' ? undefined : language, { granularity: 'sentence' })
    segmenters.set(language, known)
  }
  return known
}
