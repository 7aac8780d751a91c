import type { RefObject } from 'preact'
import { useLayoutEffect, useState } from 'preact/hooks'

/** The inner width of an element in px, updated when it changes; 0 before it is mounted. */
export function useWidth(ref: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const element = ref.current
    if (!element) return
    const measure = () => setWidth(element.clientWidth)
    let frame = 0
    // Measure in the next frame: browsers report an error if a resize causes another one in the same frame.
    const observer = new ResizeObserver(() => {
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(measure)
    })
    measure()
    observer.observe(element)
    return () => {
      observer.disconnect()
      cancelAnimationFrame(frame)
    }
  }, [])
  return width
}
