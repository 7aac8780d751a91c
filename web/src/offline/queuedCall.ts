import { call } from '../api/client'
import { isUnreachable } from '../api/problem'
import { network } from '../platform/network'
import { type QueuedWrite, WAITING_KEY, withSendTime } from './queuedWrite'

// A change that is made without a network waits on this device and is sent later, in the order in which the changes were made. So every
// such request must be one that may arrive twice.

/** The changes of this page, counted: one that was tried first may come to wait after one that was made later. */
const PAGE = crypto.randomUUID()
let made = 0

type Write = Pick<QueuedWrite, 'method' | 'path' | 'body' | 'idempotencyKey' | 'replaces' | 'updates'>

/** Send a change, or keep it until it can be sent; then `answer` is returned, as it will be. Throws Problem. */
export async function callOrQueue<T>(write: Write, answer: T, { keepalive = false } = {}): Promise<T> {
  const { method, path, body, idempotencyKey } = write
  const order = { page: PAGE, count: ++made }
  // Where the server could not be reached, it is not tried first: the page may be closed before that fails.
  if (localStorage.getItem(WAITING_KEY) === null && network.peek() === 'online') {
    try {
      const stamped = withSendTime(body)
      return await call<T>(method, path, { body: stamped, keepalive, isQueueable: true, ...(idempotencyKey ? { idempotencyKey } : {}) })
    } catch (error) {
      if (!isUnreachable(error)) throw error
    }
  }
  const outbox = await import('./outbox')
  await outbox.add({ ...write, order })
  void outbox.send()
  return answer
}
