import { lowerBound } from './lowerBound'
import { sentenceAround } from './sentences'

export interface Paragraph {
  start: number
  text: string
  isHeading: boolean
}

/**
 * A loaded part of a reading text. The API counts code points and JavaScript counts UTF-16 units; a position outside this class is a
 * code point. The two differ after each character beyond the Basic Multilingual Plane; `astral` holds the positions of those characters.
 */
export class TextChunk {
  readonly paragraphs: Paragraph[]
  readonly end: number
  private readonly astral: number[] = []

  constructor(
    readonly text: string,
    /** The position of its first character in the whole text. */
    readonly start: number,
    headings: ReadonlySet<number>,
    private readonly language: string,
  ) {
    let position = start
    for (let unit = 0; unit < text.length; unit++, position++) {
      const code = text.charCodeAt(unit)
      if (code >= 0xd800 && code < 0xdc00) {
        this.astral.push(position - start)
        unit++
      }
    }
    this.end = position
    this.paragraphs = [...text.matchAll(/[^\n]+/g)].map((match) => {
      const paragraphStart = this.toCodePoint(match.index)
      return { start: paragraphStart, text: match[0], isHeading: headings.has(paragraphStart) }
    })
  }

  /** Return the code point at a UTF-16 unit. */
  toCodePoint(unit: number): number {
    return this.start + unit - lowerBound(this.astral, (offset, index) => offset + index + 1 < unit)
  }

  /** Return the UTF-16 unit at a code point. */
  toUtf16(position: number): number {
    const local = position - this.start
    return local + lowerBound(this.astral, (offset) => offset < local)
  }

  /** Return the index of the paragraph at a position; 0 for a position before the first. */
  paragraphAt(position: number): number {
    return Math.max(0, lowerBound(this.paragraphs, (paragraph) => paragraph.start <= position) - 1)
  }

  slice(start: number, end: number): string {
    return this.text.slice(this.toUtf16(start), this.toUtf16(end))
  }

  /** Return start and end of the sentence at a position. */
  sentenceAt(position: number): [number, number] {
    const paragraph = this.paragraphs[this.paragraphAt(position)]
    if (!paragraph) return [position, position]
    const firstUnit = this.toUtf16(paragraph.start)
    const [start, end] = sentenceAround(paragraph.text, this.toUtf16(position) - firstUnit, this.language)
    return [this.toCodePoint(firstUnit + start), this.toCodePoint(firstUnit + end)]
  }
}
