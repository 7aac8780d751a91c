import { useRef } from 'preact/hooks'

/** A position in the rendered text: a node and a UTF-16 offset in it. */
export interface Caret {
  node: Node
  offset: number
}

/**
 * Handlers for pressing a position in the text. The position is taken at pointerdown, because the page may scroll before the click.
 * Presses that start or clear a selection are ignored.
 */
export function useCaretPress(onPress: (caret: Caret) => void) {
  const pressed = useRef<Caret | null>(null)
  const isCollapsed = () => getSelection()?.isCollapsed ?? true
  return {
    onPointerDown: (event: PointerEvent) => {
      pressed.current = event.button === 0 && isCollapsed() ? caretAt(event.clientX, event.clientY) : null
    },
    onClick: () => {
      if (pressed.current && isCollapsed()) onPress(pressed.current)
      pressed.current = null
    },
  }
}

/** Return the caret at a point of the window. */
export function caretAt(x: number, y: number): Caret | null {
  if (document.caretPositionFromPoint) {
    const position = document.caretPositionFromPoint(x, y)
    return position ? { node: position.offsetNode, offset: position.offset } : null
  }
  const webkit = document as Document & { caretRangeFromPoint?: (x: number, y: number) => Range | null }
  const range = webkit.caretRangeFromPoint?.(x, y)
  return range ? { node: range.startContainer, offset: range.startOffset } : null
}
