import { useCallback, useRef } from 'preact/hooks'
import { observeSize } from './observeSize'

/** Tell the style sheets how high a bar at the bottom is, so that it covers nothing. Returns the bar's ref. */
export function useBarHeight(property: '--player-height' | '--mini-player-height' | '--uploads-height') {
  const stop = useRef<(() => void) | null>(null)
  return useCallback((bar: HTMLElement | null) => {
    const root = document.documentElement.style
    stop.current?.()
    stop.current = bar ? observeSize(bar, () => root.setProperty(property, `${bar.offsetHeight}px`)) : null
    if (!bar) root.removeProperty(property)
  }, [])
}
