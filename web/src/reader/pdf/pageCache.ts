import { signal } from '@preact/signals'
import type { HighlightTarget } from '../../listening/highlight'
import type { Caret } from '../../parts/caretPress'
import { coveredTop } from '../../parts/viewport'
import type { PageIndex } from './pageIndex'
import { type AlignedWord, clippedUnits, overlappingWords } from './textAlignment'

/** The text nodes of a rendered page and the words aligned to them. */
interface RenderedPage {
  aligned: AlignedWord[]
  nodes: Text[]
}

/** The rendered pages, in and near the window. */
export class PageCache implements HighlightTarget {
  readonly revision = signal(0)
  private readonly pages = new Map<number, RenderedPage>()
  private pendingReveal: { position: number; page: number } | null = null
  private pendingPress: { caret: Caret; onPosition: (position: number) => void } | null = null
  private revealId = 0

  constructor(
    private readonly pageIndex: PageIndex,
    private readonly scrollToPage: (page: number) => void,
  ) {}

  /** Add a page when it is rendered; null removes it. */
  set(page: number, rendered: RenderedPage | null): void {
    if (rendered) this.pages.set(page, rendered)
    else if (!this.pages.delete(page)) return
    this.revision.value++
    if (rendered?.nodes.includes(this.pendingPress?.caret.node as Text)) this.resumePress()
    if (!rendered || this.pendingReveal?.page !== page) return
    const { position } = this.pendingReveal
    this.pendingReveal = null
    this.scrollTo(position, false)
  }

  rangesFor(start: number, end: number): Range[] {
    const ranges: Range[] = []
    for (const { aligned, nodes } of this.pages.values()) {
      let currentNode = -1
      let range = new Range()
      for (const word of overlappingWords(aligned, start, end)) {
        const node = nodes[word.node]
        if (!node?.isConnected) continue
        // The words of a node are one range, so that the spaces between them are highlighted as well.
        const [from, to] = clippedUnits(word, node.data, start, end)
        if (currentNode !== word.node) {
          range = new Range()
          range.setStart(node, from)
          ranges.push(range)
          currentNode = word.node
        }
        range.setEnd(node, to)
      }
    }
    return ranges
  }

  reveal(position: number, isSmooth: boolean): void {
    const id = ++this.revealId
    this.pendingReveal = null
    if (this.scrollTo(position, isSmooth)) return
    void this.pageIndex.pageOf(position).then(
      (page) => {
        if (id !== this.revealId) return
        if (!this.pages.has(page)) this.pendingReveal = { position, page } // scrolls to the word once its page is rendered
        this.scrollToPage(page)
      },
      () => undefined, // the next sentence tries again
    )
  }

  positionAt({ node, offset }: Caret, isEnd = false): number | null {
    for (const { aligned, nodes } of this.pages.values()) {
      const number = nodes.indexOf(node as Text)
      if (number < 0) continue
      const ofNode = aligned.filter((word) => word.node === number)
      if (isEnd) return ofNode.findLast((word) => word.from < offset)?.end ?? null
      const word = ofNode.find((candidate) => offset <= candidate.to)
      if (word) return word.start
    }
    return null
  }

  /** Call back with the position of a press: at once, or when the text of its page is there. A later press replaces it. */
  press(caret: Caret, onPosition: (position: number) => void): void {
    this.pendingPress = { caret, onPosition }
    if ([...this.pages.values()].some(({ nodes }) => nodes.includes(caret.node as Text))) this.resumePress()
  }

  private resumePress(): void {
    const press = this.pendingPress
    this.pendingPress = null
    const position = press && this.positionAt(press.caret)
    if (press && position !== null) press.onPosition(position)
  }

  visiblePosition(): number | null {
    const top = coveredTop()
    for (const [, { aligned, nodes }] of [...this.pages].sort(([one], [other]) => one - other))
      for (const { node, from, to, start } of aligned) {
        const range = new Range()
        const text = nodes[node]
        if (!text?.isConnected) continue
        range.setStart(text, from)
        range.setEnd(text, to)
        if (range.getBoundingClientRect().top >= top) return start
      }
    return null
  }

  /** Scroll to a position unless it is in the middle of the window. Return false if it is not rendered. */
  private scrollTo(position: number, isSmooth: boolean): boolean {
    const [range] = this.rangesFor(position, position + 1)
    if (!range) return false
    const rect = range.getBoundingClientRect()
    const isInView = rect.top > innerHeight * 0.15 && rect.bottom < innerHeight * 0.65
    if (!isInView) scrollTo({ top: scrollY + rect.top - innerHeight * 0.3, behavior: isSmooth ? 'smooth' : 'instant' })
    return true
  }
}
