import { config, loadConfig } from '../platform/config'
import { answerWriter, storedAnswer } from '../platform/deviceStore'
import { parsed } from '../platform/json'
import { network, reportReached, reportUnreachable } from '../platform/network'
import { isUnreachable, Problem } from './problem'
import { accessToken, endSession } from './session'
import { isShared, resourcePath } from './share'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
type Query = Record<string, string | number | boolean | null | undefined>

const RETRY_DELAYS_MS = [300, 1200]
const MAX_MERGES = 5 // of one change with those that others make at the same moment

export interface Page<T> {
  items: T[]
  next_cursor: string | null
}

interface RequestOptions {
  query?: Query
  body?: unknown
  signal?: AbortSignal | undefined
  /** One per user action: the API handles a repeated POST with the same key once. */
  idempotencyKey?: string
  /** Changes the resource only if it is still this version; otherwise the API returns 412. */
  ifMatch?: string
  /** Keeps the request alive when the page is closed. */
  keepalive?: boolean
  /** Throw at once when the server cannot be reached: the caller keeps the change on this device, before the page may be closed. */
  isQueueable?: boolean
  isText?: boolean
}

interface Answer {
  /** Parsed, unless the request is for a text; undefined if there is none. */
  body: unknown
  etag: string | null
}

/**
 * Call the API as the signed-in user, or as a reader of a share; idempotent requests are retried. Without a network, what is kept on this
 * device answers.
 * Throws Problem.
 */
export async function call<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  const key = path + toQueryString(options.query)
  const store = method === 'GET' && !isShared() ? answerWriter(key) : null
  try {
    const answer = (await send(method, path, options)).body as T
    void store?.(answer)
    return answer
  } catch (error) {
    const isAnswered = !isShared() && (method === 'GET' || path.endsWith('/capability')) // of a recording: its address here needs no token
    const stored = isUnreachable(error) && isAnswered ? await storedAnswer(key) : undefined
    if (stored === undefined) throw error
    return stored as T
  }
}

/** GET a text of the signed-in user. Throws Problem. */
export async function callForText(path: string, query: Query): Promise<string> {
  return (await send('GET', path, { query, isText: true })).body as string
}

/**
 * Change a resource that may be changed elsewhere at the same time: `change` gets its present state and returns the new fields, or with
 * PUT all of it. It is called again if the resource was changed in between. Throws Problem.
 */
export async function patch<T>(path: string, change: (current: T) => object, method: 'PATCH' | 'PUT' = 'PATCH'): Promise<T> {
  for (let merges = 0; ; merges++) {
    const { body, etag } = await send('GET', path, {})
    try {
      return await call<T>(method, path, { body: change(body as T), ifMatch: etag ?? '*' })
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'precondition_failed') || merges === MAX_MERGES) throw error
    }
  }
}

async function send(method: Method, path: string, options: RequestOptions): Promise<Answer> {
  const isRetryable = method !== 'POST' || options.idempotencyKey !== undefined
  for (let attempt = 0; ; attempt++) {
    try {
      return await sendOnce(method, path, options)
    } catch (error) {
      const delayMs = RETRY_DELAYS_MS[attempt]
      const isTransient = error instanceof Problem && (error.status === 0 || error.status >= 502)
      if (!isTransient || !isRetryable || delayMs === undefined || options.signal?.aborted || network.peek() === 'offline') throw error
      if (options.isQueueable && isUnreachable(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, delayMs))
    }
  }
}

async function sendOnce(method: Method, path: string, options: RequestOptions, forceRefresh = false): Promise<Answer> {
  const headers: Record<string, string> = isShared() ? {} : { authorization: `Bearer ${await accessToken(forceRefresh)}` }
  if (options.body !== undefined || method === 'POST') headers['content-type'] = 'application/json'
  if (options.ifMatch) headers['if-match'] = options.ifMatch
  if (options.idempotencyKey) headers['idempotency-key'] = options.idempotencyKey
  const fail = (error?: unknown): never => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    reportUnreachable()
    throw Problem.unreachable({ isAction: method !== 'GET' })
  }
  const body = options.body !== undefined ? JSON.stringify(options.body) : method === 'POST' ? '{}' : null
  const response = await fetch((await loadConfig()).api + resourcePath(path) + toQueryString(options.query), {
    method,
    headers,
    body,
    signal: options.signal ?? null,
    keepalive: options.keepalive ?? false,
  }).catch(fail)
  reportReached()
  if (response.status === 401 && !isShared() && !forceRefresh) return sendOnce(method, path, options, true)
  if (response.status === 401 && !isShared()) endSession()
  if (!response.ok) throw await Problem.fromResponse(response)
  // The connection may end in the middle, or somebody else has answered: the page of a network to sign in to.
  const text = await response.text().catch(fail)
  return { body: options.isText ? text : text ? (parsed(text) ?? fail()) : undefined, etag: response.headers.get('etag') }
}

/** GET a public resource. Throws Problem. */
export async function callAnonymously<T>(path: string): Promise<T> {
  const response = await fetch((await loadConfig()).api + path).catch(() => {
    throw Problem.unreachable()
  })
  if (!response.ok) throw await Problem.fromResponse(response)
  return (await response.json().catch(() => {
    throw Problem.unreachable()
  })) as T
}

/** POST to a public resource. Throws Problem. */
export async function sendAnonymously<T>(path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch((await loadConfig()).api + path, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => {
    throw Problem.unreachable({ isAction: true })
  })
  if (!response.ok) throw await Problem.fromResponse(response)
  return (await response.json()) as T
}

/** The absolute URL of an API path, for media elements and links. */
export function apiUrl(path: string): string {
  return new URL(config().api + path, location.href).href
}

function toQueryString(query: Query = {}): string {
  const parameters = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '')
  return parameters.length ? `?${new URLSearchParams(parameters.map(([name, value]) => [name, String(value)]))}` : ''
}
