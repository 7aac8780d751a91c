import { useRef } from 'preact/hooks'
import { type Caret, caretAt } from '../listening/highlight'

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
