import { useLayoutEffect, useRef } from 'preact/hooks'

/** Tell the style sheets how high a bar at the bottom is, so that it covers nothing. Returns the bar's ref. */
export function useBarHeight(property: '--player-height' | '--mini-player-height' | '--uploads-height') {
  const bar = useRef<HTMLElement>(null)
  useLayoutEffect(() => {
    const element = bar.current
    if (!element) return
    const root = document.documentElement.style
    const measure = () => root.setProperty(property, `${element.offsetHeight}px`)
    let frame = 0
    // In the next frame: it changes the height of the screen, and browsers report an error if a resize causes another one.
    const observer = new ResizeObserver(() => {
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(measure)
    })
    measure()
    observer.observe(element)
    return () => {
      observer.disconnect()
      cancelAnimationFrame(frame)
      root.removeProperty(property)
    }
  })
  return bar
}
