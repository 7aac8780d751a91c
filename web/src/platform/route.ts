import { signal } from '@preact/signals'

/** The current screen. It is in the URL fragment, so that any static file server can serve the page. */
export interface Route {
  parts: string[]
  query: URLSearchParams
}

function parseHash(): Route {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?')
  return { parts: path.split('/').filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) }
}

export const route = signal<Route>(parseHash())

addEventListener('hashchange', () => {
  route.value = parseHash()
})

export function navigate(path: string, options: { replace?: boolean } = {}): void {
  if (options.replace) {
    history.replaceState(null, '', `#${path}`)
    route.value = parseHash()
  } else location.hash = path
}

/** The current path with changed query parameters; null removes one. */
export function pathWithQuery(changes: Record<string, string | null>): string {
  const { parts, query } = route.peek()
  const changed = new URLSearchParams(query)
  for (const [name, value] of Object.entries(changes)) value ? changed.set(name, value) : changed.delete(name)
  const text = changed.toString()
  return `/${parts.map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`
}
