import { signal } from '@preact/signals'

/** The current screen. It is in the URL fragment, so that any static file server can serve the page. */
export interface Route {
  parts: string[]
  query: URLSearchParams
}

const MALFORMED = ['malformed-address'] // no screen has this name, so that it is a page that is not found

function parseHash(): Route {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?')
  return { parts: parsePath(path), query: new URLSearchParams(query) }
}

function parsePath(path: string): string[] {
  try {
    return path.split('/').filter(Boolean).map(decodeURIComponent)
  } catch {
    return MALFORMED
  }
}

export const route = signal<Route>(parseHash())

export const isSharePage = (): boolean => route.value.parts[0] === 'shared'
/** The page began with a share link: it never acts as the signed-in user. */
export const beganWithShare = isSharePage()

const MAX_TRAVERSAL_MS = 1000

const changeListeners = new Set<(former: string) => void>()
let currentHash = location.hash
let traversalTimer = 0

/**
 * Call a function on each change of the address, before the new screen is shown, with the former fragment. The latest one is called first: a
 * screen looks at its place before the page is scrolled for the next. Returns a function that stops it.
 */
export function onRouteChange(listener: (former: string) => void): () => void {
  changeListeners.add(listener)
  return () => changeListeners.delete(listener)
}

function endTraversal(): void {
  clearTimeout(traversalTimer)
  traversalTimer = 0
}

function update(): void {
  endTraversal()
  const former = currentHash
  currentHash = location.hash
  if (former !== currentHash) for (const listener of [...changeListeners].reverse()) listener(former)
  route.value = parseHash()
}

addEventListener('hashchange', update)

export function navigate(path: string, options: { replace?: boolean } = {}): void {
  if (options.replace) {
    history.replaceState(history.state, '', `#${path}`)
    update()
  } else location.hash = path
}

/** Go to the entry before. Browsers go there later, and stay where they are if the address is replaced before. */
export function goBack(): void {
  traversalTimer = setTimeout(endTraversal, MAX_TRAVERSAL_MS) as unknown as number
  history.back()
}

/** Change the address of the screen that is shown, without showing another one: its place has moved. */
export function replaceAddress(path: string, state: object): void {
  if (traversalTimer) return
  history.replaceState({ ...history.state, ...state }, '', `#${path}`)
  currentHash = location.hash
}

/** The current path with changed query parameters; null removes one. */
export function pathWithQuery(changes: Record<string, string | null>): string {
  const { parts, query } = route.peek()
  const changed = new URLSearchParams(query)
  for (const [name, value] of Object.entries(changes)) value ? changed.set(name, value) : changed.delete(name)
  const text = changed.toString()
  return `/${parts.map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`
}
