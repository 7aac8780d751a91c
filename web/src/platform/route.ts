import { signal } from '@preact/signals'

/** Where the reader is: the part of the address behind `#`, so that any server of plain files can serve the page. */
export interface Route {
  parts: string[]
  query: URLSearchParams
}

function read(): Route {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?')
  return { parts: path.split('/').filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) }
}

export const route = signal<Route>(read())

addEventListener('hashchange', () => {
  route.value = read()
})

export function go(path: string, options: { replace?: boolean } = {}): void {
  if (options.replace) {
    history.replaceState(null, '', `#${path}`)
    route.value = read()
  } else location.hash = path
}

/** The same place with other words behind the `?`; null removes one. */
export function withQuery(changes: Record<string, string | null>): string {
  const { parts, query } = route.peek()
  const next = new URLSearchParams(query)
  for (const [name, value] of Object.entries(changes)) value ? next.set(name, value) : next.delete(name)
  const text = next.toString()
  return `/${parts.map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`
}
