import { signal } from '@preact/signals'
import type { Surface } from '../../listening/highlight'
import type { Caret } from '../../parts/caretPress'
import type { PageIndex } from './pages'
import { type Aligned, overlapping } from './textAlignment'

/** The words of a page, and the pieces of text in which they stand. */
export interface DrawnText {
  aligned: Aligned[]
  nodes: Text[]
}

/** The text of the pages that are on the screen, or near it. */
export class DrawnPages implements Surface {
  readonly drawn = signal(0)
  private readonly pages = new Map<number, DrawnText>()
  private wanted: { point: number; page: number } | null = null
  private asked = 0

  constructor(
    private readonly index: PageIndex,
    private readonly goTo: (page: number) => void,
  ) {}

  put(page: number, text: DrawnText | null): void {
    if (text) this.pages.set(page, text)
    else if (!this.pages.delete(page)) return
    this.drawn.value++
    if (!text || this.wanted?.page !== page) return
    const { point } = this.wanted
    this.wanted = null
    this.scrollTo(point, false)
  }

  ranges(start: number, end: number): Range[] {
    const found: Range[] = []
    for (const { aligned, nodes } of this.pages.values()) {
      let line = -1
      let range = new Range()
      for (const entry of overlapping(aligned, start, end)) {
        const node = nodes[entry.node]
        if (!node?.isConnected) continue
        // Words of one line are one range, so that the spaces between them are lit as well.
        if (line !== entry.node) {
          range = new Range()
          range.setStart(node, entry.from)
          found.push(range)
          line = entry.node
        }
        range.setEnd(node, entry.to)
      }
    }
    return found
  }

  reveal(point: number, isSmooth: boolean): void {
    const asked = ++this.asked
    this.wanted = null
    if (this.scrollTo(point, isSmooth)) return
    void this.index.pageOf(point).then(
      (page) => {
        if (asked !== this.asked) return
        if (!this.pages.has(page)) this.wanted = { point, page } // the word itself when its page is drawn
        this.goTo(page)
      },
      () => undefined, // the next sentence asks again
    )
  }

  /** Where in the reading text a place of a page stands. */
  pointAt({ node, offset }: Caret): number | null {
    for (const { aligned, nodes } of this.pages.values()) {
      const number = nodes.indexOf(node as Text)
      const entry = number < 0 ? undefined : aligned.find((one) => one.node === number && offset <= one.to)
      if (entry) return entry.start
    }
    return null
  }

  private scrollTo(point: number, isSmooth: boolean): boolean {
    const [range] = this.ranges(point, point + 1)
    if (!range) return false
    const place = range.getBoundingClientRect()
    const isSeen = place.top > innerHeight * 0.15 && place.bottom < innerHeight * 0.65
    if (!isSeen) scrollTo({ top: scrollY + place.top - innerHeight * 0.3, behavior: isSmooth ? 'smooth' : 'instant' })
    return true
  }
}
