import { useRef } from 'preact/hooks'

/**
 * Somebody presses a place of a text: the one that was there when the finger came down, for the page may scroll on under it. What makes a
 * selection, or ends one, is no press.
 */
export function usePressing(onPress: (caret: Caret) => void) {
  const down = useRef<Caret | null>(null)
  const isCollapsed = () => getSelection()?.isCollapsed ?? true
  return {
    onPointerDown: (event: PointerEvent) => {
      down.current = event.button === 0 && isCollapsed() ? caretAt(event.clientX, event.clientY) : null
    },
    onClick: () => {
      if (down.current && isCollapsed()) onPress(down.current)
      down.current = null
    },
  }
}

/** A place in what is shown: a node, and a UTF-16 unit in it. */
export interface Caret {
  node: Node
  offset: number
}

/** What is under a point of the screen. */
export function caretAt(x: number, y: number): Caret | null {
  if (document.caretPositionFromPoint) {
    const found = document.caretPositionFromPoint(x, y)
    return found ? { node: found.offsetNode, offset: found.offset } : null
  }
  const old = document as Document & { caretRangeFromPoint?: (x: number, y: number) => Range | null }
  const range = old.caretRangeFromPoint?.(x, y)
  return range ? { node: range.startContainer, offset: range.startOffset } : null
}
