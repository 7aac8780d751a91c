import { signal } from '@preact/signals'
import type { HighlightTarget } from '../../listening/highlight'
import { type Caret, caretAt } from '../../parts/caretPress'
import { coveredTop, scrollToRange, scrollToTop } from '../../parts/viewport'
import { t } from '../../texts'
import { type Line, lineAt, moveLineTo } from '../place/keepLine'
import type { BookDocument, SectionContent } from './bookDocument'
import { type References, toElements } from './markup'
import { loadPictures, renewPictures } from './pictures'
import { SectionRuns, type TextRun } from './sectionRuns'

const LOAD_MARGIN_PX = 3000 // sections are loaded before they scroll into view
const KEEP_MARGIN_PX = 20_000 // and removed again when they are far away
const RETRY_DELAY_MS = 3000

/** A section on the page: an empty box of its estimated or its last height until it comes near the window. */
interface SectionBox {
  element: HTMLElement
  runs: SectionRuns | null
  loading: Promise<void> | null
}

/** The sections of a document below each other. What is in the window stays in its place while sections above it load or change. */
export class SectionList implements HighlightTarget {
  readonly revision = signal(0)
  /** Of the document, in the library or in a share. */
  private readonly address = location.hash.split('?')[0]
  private readonly boxes: SectionBox[]
  private readonly near: IntersectionObserver
  private readonly far: IntersectionObserver
  private readonly size: ResizeObserver
  /** The first text or box in the window, and its height there. */
  private anchor: Line | null = null
  private anchorFrame = 0
  private revealId = 0
  private width = 0
  private isDisposed = false
  private readonly stopRenewing: () => void

  constructor(
    private readonly root: HTMLElement,
    private readonly book: BookDocument,
    private readonly estimateHeight: (codePoints: number) => number,
  ) {
    this.boxes = book.sections.map(({ index }) => {
      const element = document.createElement('div')
      element.className = 'book-section'
      element.dataset.section = String(index)
      return { element, runs: null, loading: null }
    })
    root.replaceChildren(...this.boxes.map(({ element }) => element))
    this.near = new IntersectionObserver((entries) => this.onNear(entries), { rootMargin: `${LOAD_MARGIN_PX}px 0px` })
    this.far = new IntersectionObserver((entries) => this.onFar(entries), { rootMargin: `${KEEP_MARGIN_PX}px 0px` })
    this.size = new ResizeObserver(() => this.onResize())
    this.layOut()
    for (const { element } of this.boxes) {
      this.near.observe(element)
      this.far.observe(element)
    }
    this.size.observe(root)
    addEventListener('scroll', this.onScroll, { passive: true })
    this.stopRenewing = renewPictures(root, book, (image) => this.indexOf(image))
  }

  dispose(): void {
    this.isDisposed = true
    this.near.disconnect()
    this.far.disconnect()
    this.size.disconnect()
    cancelAnimationFrame(this.anchorFrame)
    removeEventListener('scroll', this.onScroll)
    this.stopRenewing()
  }

  /** Estimate the heights of the sections that are not rendered, for another width or text size. */
  layOut(): void {
    this.boxes.forEach((box, index) => {
      if (!box.runs) this.showPlaceholder(box, this.estimateHeight(this.lengthOf(index)))
    })
  }

  /** Render every section, for print; afterwards those far away are removed again. Throws Problem. */
  async withAllRendered(work: () => void): Promise<void> {
    this.far.disconnect()
    try {
      for (const index of this.boxes.keys()) await this.ensureRendered(index)
      await loadPictures(this.root)
      work()
    } finally {
      if (!this.isDisposed) for (const { element } of this.boxes) this.far.observe(element)
    }
  }

  rangesFor(start: number, end: number): Range[] {
    const ranges: Range[] = []
    for (let index = this.book.sectionAt(start); index < this.boxes.length; index++) {
      if ((this.book.sections[index]?.start ?? 0) >= end) break
      ranges.push(...(this.boxes[index]?.runs?.rangesFor(start, end) ?? []))
    }
    return ranges
  }

  reveal(position: number, isSmooth: boolean, isAtTop = false): void {
    const id = ++this.revealId
    const scroll = (isAnimated: boolean) => {
      const range = this.rangeAt(position)
      if (range && isAtTop) scrollToTop(range)
      else if (range) scrollToRange(range, isAnimated)
    }
    const index = this.book.sectionAt(position)
    if (this.boxes[index]?.runs) scroll(isSmooth)
    else
      void this.ensureRendered(index).then(
        () => id === this.revealId && scroll(false),
        () => undefined, // the next sentence tries again
      )
  }

  positionAt(caret: Caret): number | null {
    const element = caret.node instanceof Element ? caret.node : caret.node.parentElement
    const index = this.indexOf(element)
    return this.boxes[index]?.runs?.positionAt(caret) ?? null
  }

  visiblePosition(): number | null {
    const top = coveredTop()
    const run = this.firstVisibleRun(top)
    if (!run) return null
    const { left, top: runTop, height } = run.element.getBoundingClientRect()
    if (runTop >= top) return run.start
    const caret = caretAt(left + 1, top + 1) // the run begins above the window
    const position = caret && caret.node === run.node ? this.positionAt(caret) : null
    return position ?? run.start + Math.round(((top - runTop) / height) * (run.end - run.start)) // behind a dialog
  }

  /** Return the run at a position, or the first one after it, once its section is rendered. Throws Problem. */
  async runAt(position: number): Promise<TextRun | null> {
    const index = this.book.sectionAt(position)
    await this.ensureRendered(index)
    return this.boxes[index]?.runs?.runAt(position) ?? null
  }

  /** Return the first text in the window; a section above it may not be rendered yet. */
  firstVisibleRun(top = coveredTop()): TextRun | undefined {
    for (const { element, runs } of this.boxes) {
      const box = element.getBoundingClientRect()
      if (box.top > innerHeight) return undefined
      const run = box.bottom > top ? runs?.firstBelow(top) : undefined
      if (run) return run
    }
    return undefined
  }

  /** Return the content of a note; null if it is not found. `position` is where its text is, if that is known. */
  async note(id: string, position: number | null): Promise<Element | null> {
    const selector = `[data-note-id="${CSS.escape(id)}"]`
    const rendered = this.root.querySelector(selector)
    if (rendered || position === null) return rendered
    await this.ensureRendered(this.book.sectionAt(position))
    return this.root.querySelector(selector)
  }

  /** Load and render a section. Throws Problem. */
  ensureRendered(index: number): Promise<void> {
    const box = this.boxes[index]
    if (!box || box.runs) return Promise.resolve()
    box.loading ??= this.book
      .load(index)
      .then((content) => {
        if (!this.isDisposed && !box.runs) this.render(box, content)
      })
      .finally(() => {
        box.loading = null
      })
    return box.loading
  }

  private render(box: SectionBox, content: SectionContent): void {
    const elements = toElements(content.html, this.references(content))
    this.keepingPlace(() => {
      box.element.style.height = ''
      box.element.classList.remove('text-placeholder')
      box.element.replaceChildren(elements)
    })
    box.runs = new SectionRuns(box.element)
    this.markScrollBoxes()
    this.revision.value++
  }

  private remove(box: SectionBox): void {
    const { height } = box.element.getBoundingClientRect()
    box.runs = null
    this.showPlaceholder(box, height)
    this.revision.value++
  }

  private showPlaceholder(box: SectionBox, height: number): void {
    box.element.style.height = `${Math.round(height)}px`
    box.element.classList.add('text-placeholder')
    if (box.element.firstElementChild?.className === 'spinner') return
    const spinner = document.createElement('output')
    spinner.className = 'spinner'
    spinner.ariaLabel = t.loading
    box.element.replaceChildren(spinner)
  }

  private references({ images }: SectionContent): References {
    return {
      image: (name) => (Object.hasOwn(images, name) ? images[name] : undefined),
      position: (offset) => `${this.address}?at=${offset}`,
    }
  }

  private onNear(entries: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) if (isIntersecting) this.renderWhileNear(this.indexOf(target))
  }

  private renderWhileNear(index: number): void {
    this.ensureRendered(index).catch(() =>
      setTimeout(() => !this.isDisposed && this.isNear(index) && this.renderWhileNear(index), RETRY_DELAY_MS),
    )
  }

  private isNear(index: number): boolean {
    const rect = this.boxes[index]?.element.getBoundingClientRect()
    return rect !== undefined && rect.bottom > -LOAD_MARGIN_PX && rect.top < innerHeight + LOAD_MARGIN_PX
  }

  private onFar(entries: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const box = this.boxes[this.indexOf(target)]
      if (isIntersecting || !box?.runs) continue
      const selection = getSelection()
      const isInUse =
        target.contains(document.activeElement) || (selection && !selection.isCollapsed && selection.containsNode(target, true))
      if (!isInUse) this.remove(box)
    }
  }

  // ---- the place in the window ----

  private readonly onScroll = (): void => {
    cancelAnimationFrame(this.anchorFrame)
    this.anchorFrame = requestAnimationFrame(() => this.takeAnchor())
  }

  private takeAnchor(): void {
    const top = coveredTop()
    const element =
      this.firstVisibleRun(top)?.element ?? this.boxes.find((box) => box.element.getBoundingClientRect().bottom > top)?.element
    this.anchor = scrollY > 0 ? lineAt(top, element) : null
  }

  private keepingPlace(change: () => void): void {
    this.takeAnchor()
    change()
    this.restorePlace()
  }

  private restorePlace(): void {
    if (this.anchor) moveLineTo(coveredTop(), this.anchor)
  }

  private onResize(): void {
    const width = this.root.clientWidth
    if (width !== this.width) {
      this.width = width
      this.layOut()
      this.markScrollBoxes()
    }
    this.restorePlace()
  }

  /** Boxes that scroll can be reached by keyboard. */
  private markScrollBoxes(): void {
    for (const box of this.root.querySelectorAll<HTMLElement>('.scroll-box, pre')) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0
      else box.removeAttribute('tabindex')
    }
  }

  private rangeAt(position: number): Range | null {
    const run = this.boxes[this.book.sectionAt(position)]?.runs?.runAt(position)
    if (!run) return null
    return this.rangesFor(Math.max(position, run.start), Math.max(position, run.start) + 1)[0] ?? null
  }

  private indexOf(element: Element | null): number {
    return this.boxes.findIndex((box) => element !== null && box.element.contains(element))
  }

  private lengthOf(index: number): number {
    const section = this.book.sections[index]
    return section ? section.end - section.start : 0
  }
}
