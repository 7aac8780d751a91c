/** Return the height that bars cover at the top of the window. */
export function coveredTop(): number {
  return Math.max(0, document.querySelector('.reader-bar')?.getBoundingClientRect().bottom ?? 0)
}

/** Return the middle of the window's height. */
export const middle = () => innerHeight / 2

/** Scroll a range into the upper half of the window, unless it is there. */
export function scrollToRange(range: Range, isSmooth: boolean): void {
  const rect = range.getBoundingClientRect()
  const isInView = rect.top > innerHeight * 0.18 && rect.bottom < innerHeight * 0.62
  if (!isInView) scrollTo({ top: scrollY + rect.top - innerHeight * 0.3, behavior: isSmooth ? 'smooth' : 'instant' })
}

/** Scroll the start of a range to the top of the window, below the bars. */
export function scrollToTop(range: Range): void {
  scrollTo({ top: scrollY + range.getBoundingClientRect().top - coveredTop(), behavior: 'instant' })
}

/** Return the first of some elements, which follow each other down the page, that ends below a height of the window. */
export function firstBelow<T extends Element>(elements: Iterable<T>, top: number): T | undefined {
  for (const element of elements) if (element.getBoundingClientRect().bottom > top) return element
  return undefined
}
