/** A line of a document: the share of its block above it, or how far above the block it is. */
export interface Line {
  block: Element
  share: number
  distance: number
}

/** Return the line at a height of the window, in the first block that ends below it. */
export function lineAt(height: number, block: Element | undefined): Line | null {
  const rect = block?.getBoundingClientRect()
  if (!block || !rect?.height) return null
  return { block, share: Math.max(0, height - rect.top) / rect.height, distance: Math.max(0, rect.top - height) }
}

/** Scroll a line to a height of the window, if its block is still there. Return whether it was elsewhere. */
export function moveLineTo(height: number, { block, share, distance }: Line): boolean {
  const rect = block.getBoundingClientRect()
  const shift = rect.top + share * rect.height - distance - height
  if (!block.isConnected || Math.abs(shift) < 1) return false
  scrollBy({ top: shift, behavior: 'instant' })
  return true
}

/** Returned by keepLine. `restore` is for changes that it does not see. */
export interface KeptLine {
  restore: () => void
  stop: () => void
}

/**
 * Keep a line in its place in the window when a document is laid out anew: for another width, font or size. WebKit does not do that by
 * itself, and the others keep the beginning of a paragraph or page. The line is at `height` in the window, in the first of the blocks that
 * end below it, which `blockBelow` returns.
 */
export function keepLine(root: HTMLElement, height: () => number, blockBelow: (height: number) => Element | undefined): KeptLine {
  let line: Line | null = null
  let frame = 0
  let width = root.clientWidth

  const take = () => {
    if (root.clientWidth !== width) return // the engine has begun to lay it out anew
    line = scrollY > 0 ? lineAt(height(), blockBelow(height())) : null
  }
  const moveBack = () => line !== null && moveLineTo(height(), line)
  const restore = () => {
    if (moveBack()) requestAnimationFrame(moveBack) // what was only estimated is laid out now
  }
  const observer = new ResizeObserver(() => {
    if (root.clientWidth === width) return
    width = root.clientWidth
    restore()
  })
  const onScroll = () => {
    cancelAnimationFrame(frame)
    frame = requestAnimationFrame(take)
  }
  observer.observe(root)
  addEventListener('scroll', onScroll, { passive: true })
  return {
    restore,
    stop: () => {
      cancelAnimationFrame(frame)
      observer.disconnect()
      removeEventListener('scroll', onScroll)
    },
  }
}
