import type { RefObject } from 'preact'
import { useLayoutEffect, useState } from 'preact/hooks'
import { observeSize } from './observeSize'

/** The inner width of an element in px, updated when it changes; 0 before it is mounted. */
export function useWidth(ref: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const element = ref.current
    return element ? observeSize(element, () => setWidth(element.clientWidth)) : undefined
  }, [])
  return width
}
