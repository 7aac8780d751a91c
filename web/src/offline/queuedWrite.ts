/** A change that waits for the network. */
export interface QueuedWrite {
  number?: number
  owner: string
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  body?: Record<string, unknown>
  idempotencyKey?: string
  /** Only the last change with this key is sent: a place replaces the one before. */
  replaces?: string
  /** When it was made, among the changes of one page. */
  order?: { page: string; count: number }
  /** The stored answers that this changes: until it is sent, they show it. */
  updates?: { path: string; change: (stored: never) => unknown }[]
}

/** Set while changes wait: a later one must not overtake them. Also read by other tabs. */
export const WAITING_KEY = 'visionary.waitingWrites'

/** The server finds out from both times how long ago a place was read, so that a wrong clock does not matter. */
export function withSendTime(body: QueuedWrite['body']): QueuedWrite['body'] {
  return body && 'device_time' in body ? { ...body, sent_at: new Date().toISOString() } : body
}
