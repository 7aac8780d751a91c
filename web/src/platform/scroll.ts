import { onRouteChange } from './route'

// Scroll positions of the screens that lists are on, by their fragments. The page restores them itself: a browser does it before the
// list is loaded, when the page is not high enough.
const KEY = 'visionary.scroll'
const MAX_SCREENS = 50
const RESTORE_TIMEOUT_MS = 10_000
const INPUTS = ['wheel', 'touchmove', 'keydown', 'pointerdown'] as const

const positions = new Map<string, number>(read())
let stopRestoring: (() => void) | null = null
let isTraversal = false

/** True for the screen of a media: it keeps its place itself. */
export const isReader = (fragment: string) => /^#?\/?media\//.test(fragment)

function read(): [string, number][] {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '[]')
  } catch {
    return []
  }
}

function write(): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify([...positions].slice(-MAX_SCREENS)))
  } catch {
    // storage is disabled or full: positions last until the page is reloaded
  }
}

function remember(): void {
  if (stopRestoring || isReader(location.hash)) return
  positions.delete(location.hash) // so that the last one comes last
  positions.set(location.hash, scrollY)
}

/** Scroll to where the screen was, as soon as it is high enough again; stop when the user scrolls. */
function restore(): void {
  const top = positions.get(location.hash) ?? 0
  stopRestoring?.()
  scrollTo({ top: 0, behavior: 'instant' })
  if (!top) return
  const observer = new ResizeObserver(() => {
    scrollTo({ top, behavior: 'instant' })
    if (Math.abs(scrollY - top) <= 1) requestAnimationFrame(() => requestAnimationFrame(settle))
  })
  const settle = () => {
    if (Math.abs(scrollY - top) <= 1) stopRestoring?.()
  }
  const timeout = setTimeout(() => stopRestoring?.(), RESTORE_TIMEOUT_MS)
  stopRestoring = () => {
    stopRestoring = null
    observer.disconnect()
    clearTimeout(timeout)
    for (const name of INPUTS) removeEventListener(name, stop, true)
  }
  const stop = () => stopRestoring?.()
  for (const name of INPUTS) addEventListener(name, stop, { capture: true, passive: true })
  observer.observe(document.body)
}

/**
 * Keep the scroll positions of lists: Back, a reload and leaving a media show a list where it was. A link to a list shows its beginning.
 */
export function keepScrollPositions(): void {
  history.scrollRestoration = 'manual'
  addEventListener('scroll', remember, { passive: true })
  addEventListener('pagehide', write)
  addEventListener('popstate', () => {
    isTraversal = history.state !== null // a new entry has no state yet
  })
  onRouteChange((former) => {
    if (isReader(location.hash)) scrollTo({ top: 0, behavior: 'instant' })
    else if (isTraversal || isReader(former)) restore()
    else scrollTo({ top: 0, behavior: 'instant' })
    isTraversal = false
    if (history.state === null) history.replaceState({ from: former }, '')
  })
  if (history.state === null) history.replaceState({}, '')
  else if (!isReader(location.hash)) restore()
}
