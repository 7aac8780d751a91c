import { goBack, onRouteChange } from './route'

// Scroll positions of the screens that lists are on, by their fragments. The page restores them itself: a browser does it before the
// list is loaded, when the page is not high enough.
const KEY = 'visionary.scroll'
const MAX_SCREENS = 50
const RESTORE_TIMEOUT_MS = 10_000
const INPUTS = ['wheel', 'touchmove', 'keydown', 'pointerdown'] as const

const positions = new Map<string, number>(read())
let stopRestoring: (() => void) | null = null
let isTraversal = false
/** The list from which the screen was opened: of one media, another one may be opened. */
let list: unknown

/** True for the screen of a media: it keeps its place itself. */
export const isReader = (fragment: string) => /^#?\/?media\//.test(fragment)

const pathOf = (fragment: string) => fragment.split('?')[0]

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

/** The address of the list that the reader was opened from; after a reload, too. */
export function listAddress(): string {
  const from: unknown = history.state?.list
  return typeof from === 'string' && from ? from : '#/library'
}

/** Go back to that list, by Back where it is the entry before, so that the history does not grow. */
export function goBackToList(event: MouseEvent): void {
  const { from, list: address, textOffset } = history.state ?? {}
  const isEntryBefore = typeof address === 'string' && from === address && textOffset === undefined // not after a link in a book
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || !isEntryBefore) return
  event.preventDefault()
  goBack()
}

/**
 * Keep the scroll positions of lists: Back, a reload and leaving a media show a list where it was. A link to a list shows its beginning.
 */
export function keepScrollPositions(): void {
  history.scrollRestoration = 'manual'
  list = history.state?.list
  addEventListener('scroll', remember, { passive: true })
  addEventListener('pagehide', write)
  addEventListener('popstate', () => {
    isTraversal = history.state !== null // a new entry has no state yet
  })
  onRouteChange((former) => {
    const isSameMedia = isReader(former) && pathOf(former) === pathOf(location.hash)
    if (!isReader(location.hash) && (isTraversal || isReader(former))) restore()
    else if (!isSameMedia) scrollTo({ top: 0, behavior: 'instant' })
    isTraversal = false
    if (history.state === null) history.replaceState({ from: former, list: isReader(former) ? list : former }, '')
    list = history.state.list
  })
  if (history.state === null) history.replaceState({}, '')
  else if (!isReader(location.hash)) restore()
}
