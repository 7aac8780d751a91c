import type { Caret } from '../../parts/caretPress'
import { lowerBound } from '../../reading_text/lowerBound'

/** A part of the reading text in a section: text, or what is shown for it, such as a formula. Positions are code points. */
export interface TextRun {
  element: HTMLElement
  /** Null if the text is not shown itself. */
  node: Text | null
  start: number
  end: number
}

const SURROGATES = /[\ud800-\udbff][\udc00-\udfff]/g

/** The runs of the reading text that a section contains, in their order in the document and in the text. */
export class SectionRuns {
  readonly runs: TextRun[] = []

  constructor(root: ParentNode) {
    let end = -1
    for (const element of root.querySelectorAll<HTMLElement>('[data-start]')) {
      const start = Number(element.dataset.start)
      if (start < end) continue // what is shown twice is found in its first place
      const node = element.dataset.end === undefined && element.firstChild instanceof Text ? element.firstChild : null
      end = node ? start + toCodePoints(node.data, node.length) : Number(element.dataset.end ?? start)
      this.runs.push({ element, node, start, end })
    }
  }

  rangesFor(start: number, end: number): Range[] {
    const ranges: Range[] = []
    for (let index = lowerBound(this.runs, (run) => run.end <= start); index < this.runs.length; index++) {
      const run = this.runs[index] as TextRun
      if (run.start >= end) break
      const range = new Range()
      if (run.node) {
        range.setStart(run.node, toUtf16(run.node.data, start - run.start))
        range.setEnd(run.node, toUtf16(run.node.data, end - run.start))
      } else range.selectNode(run.element)
      ranges.push(range)
    }
    return ranges
  }

  /** Return the position of a place in a run, or of the first text after it; null after the last. */
  positionAt({ node, offset }: Caret): number | null {
    const element = (node instanceof Element ? node : node.parentElement)?.closest<HTMLElement>('[data-start]')
    if (element && node === element.firstChild && node instanceof Text && element.dataset.end === undefined)
      return Number(element.dataset.start) + toCodePoints(node.data, offset)
    if (element) return Number(element.dataset.start)
    const place = node.childNodes[offset] ?? node
    return this.runs[lowerBound(this.runs, (run) => isBefore(run.element, place))]?.start ?? null
  }

  /** Return the run at a position, or the first one after it. */
  runAt(position: number): TextRun | undefined {
    return this.runs[lowerBound(this.runs, (run) => run.end <= position)] ?? this.runs.at(-1)
  }

  /** Return the first run that ends below a height of the window. */
  firstBelow(top: number): TextRun | undefined {
    return this.runs[lowerBound(this.runs, (run) => run.element.getBoundingClientRect().bottom <= top)]
  }
}

function isBefore(element: Node, place: Node): boolean {
  return element !== place && (element.compareDocumentPosition(place) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0
}

/** Return how many code points are before a UTF-16 unit. */
export function toCodePoints(text: string, unit: number): number {
  return unit - (text.slice(0, unit).match(SURROGATES)?.length ?? 0)
}

/** Return the UTF-16 unit at a code point, within the text. */
export function toUtf16(text: string, position: number): number {
  let unit = Math.min(Math.max(0, position), text.length)
  for (let missing = position - toCodePoints(text, unit); missing > 0 && unit < text.length; missing = position - toCodePoints(text, unit))
    unit = Math.min(text.length, unit + missing)
  const isInsidePair = /[\ud800-\udbff]/.test(text[unit - 1] ?? '') && /[\udc00-\udfff]/.test(text[unit] ?? '')
  return isInsidePair ? unit + 1 : unit
}
