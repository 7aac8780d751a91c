import { config, whenConfigured } from '../platform/config'
import { Problem } from './problem'
import { accessToken, signedOut } from './session'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
type Query = Record<string, string | number | boolean | null | undefined>

const RETRY_AFTER_MS = [300, 1200]

export interface Page<T> {
  items: T[]
  next_cursor: string | null
}

interface Options {
  query?: Query
  body?: unknown
  signal?: AbortSignal | undefined
  /** One per intention: a POST that is sent again with it is done once. */
  idempotencyKey?: string
  /** The page is about to go. */
  keepalive?: boolean
}

/** One call to the API: signed, tried again where that is harmless. Throws Problem. */
export async function call<T>(method: Method, path: string, options: Options = {}): Promise<T> {
  const mayRepeat = method !== 'POST' || options.idempotencyKey !== undefined
  for (let attempt = 0; ; attempt++) {
    try {
      return await once<T>(method, path, options)
    } catch (error) {
      const pause = RETRY_AFTER_MS[attempt]
      const passing = error instanceof Problem && (error.status === 0 || error.status >= 502)
      if (!passing || !mayRepeat || pause === undefined || options.signal?.aborted) throw error
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}

async function once<T>(method: Method, path: string, options: Options, fresh = false): Promise<T> {
  const headers: Record<string, string> = { authorization: `Bearer ${await accessToken(fresh)}` }
  if (options.body !== undefined || method === 'POST') headers['content-type'] = 'application/json'
  if (options.idempotencyKey) headers['idempotency-key'] = options.idempotencyKey
  const body = options.body !== undefined ? JSON.stringify(options.body) : method === 'POST' ? '{}' : null
  const answer = await fetch((await whenConfigured()).api + path + asQuery(options.query), {
    method,
    headers,
    body,
    signal: options.signal ?? null,
    keepalive: options.keepalive ?? false,
  }).catch((error: unknown) => {
    throw error instanceof DOMException && error.name === 'AbortError' ? error : Problem.unreachable()
  })
  if (answer.status === 401 && !fresh) return once<T>(method, path, options, true)
  if (answer.status === 401) signedOut()
  if (!answer.ok) throw await Problem.of(answer)
  return (answer.status === 204 ? undefined : await answer.json()) as T
}

/** A call that anybody may make. Throws Problem. */
export async function callOpenly<T>(path: string): Promise<T> {
  const answer = await fetch((await whenConfigured()).api + path).catch(() => {
    throw Problem.unreachable()
  })
  if (!answer.ok) throw await Problem.of(answer)
  return (await answer.json()) as T
}

/** The address of something on the API, for players and links. */
export function address(path: string): string {
  return new URL(config().api + path, location.href).href
}

function asQuery(query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '')
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : ''
}
