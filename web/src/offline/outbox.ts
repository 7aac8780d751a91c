import { call } from '../api/client'
import { errorMessage, isPermanent, isUnreachable, Problem } from '../api/problem'
import { isSignedIn, user } from '../api/session'
import { toast } from '../parts/toasts'
import { DATABASE, updateStoredAnswer } from '../platform/deviceStore'
import { network } from '../platform/network'
import { t } from '../texts'
import { type QueuedWrite, WAITING_KEY, withSendTime } from './queuedWrite'

const STORE = 'writes'
const LOCK = 'visionary-writes' // of all tabs: one of them sends
const RETRY_AFTER_MS = 5000
const MAX_LAST_SEND_MS = 3000

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'number', autoIncrement: true })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** Run a transaction; it has been committed when the promise resolves. */
async function transact<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T> | undefined): Promise<T | undefined> {
  const database = await open()
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode)
      const request = act(transaction.objectStore(STORE))
      transaction.oncomplete = () => resolve(request?.result)
      transaction.onabort = () => reject(transaction.error)
    })
  } finally {
    database.close()
  }
}

/** Keep a change until it can be sent, unless a later one that replaces it waits already. */
export async function add({ updates = [], ...write }: Omit<QueuedWrite, 'owner' | 'number'>): Promise<void> {
  localStorage.setItem(WAITING_KEY, '1')
  let isReplaced = false
  const { order, replaces } = write
  const isLater = (other: QueuedWrite) => order && other.order?.page === order.page && other.order.count > order.count
  await transact('readwrite', (store) => {
    const owned = { ...write, owner: user.peek() }
    if (!replaces) return store.add(owned)
    const cursor = store.openCursor()
    cursor.onsuccess = () => {
      const found = cursor.result
      if (!found) {
        if (!isReplaced) store.add(owned)
        return
      }
      if (found.value.replaces === replaces && isLater(found.value)) isReplaced = true
      else if (found.value.replaces === replaces) found.delete()
      found.continue()
    }
    return undefined
  })
  if (!isReplaced) for (const { path, change } of updates) await updateStoredAnswer(path, change)
}

export async function list(): Promise<QueuedWrite[]> {
  return (await transact('readonly', (store) => store.getAll() as IDBRequest<QueuedWrite[]>)) ?? []
}

/** Return how many changes of the user still wait, after what the server takes within seconds has been sent. */
export async function countUnsent(): Promise<number> {
  if (localStorage.getItem(WAITING_KEY) === null) return 0
  if (network.peek() === 'online') await Promise.race([send(), new Promise((resolve) => setTimeout(resolve, MAX_LAST_SEND_MS))])
  return (await list()).filter(({ owner }) => owner === user.peek()).length
}

/** Send the changes that wait, oldest first, until none is left or the server cannot be reached. */
export async function send(): Promise<void> {
  await navigator.locks.request(LOCK, async () => {
    for (;;) {
      const write = (await list())[0]
      if (!write || !isSignedIn.peek()) break
      if (write.owner === user.peek() && !(await sendOne(write))) return
      await transact('readwrite', (store) => store.delete(write.number ?? -1) as IDBRequest<undefined>)
    }
    if (!(await list()).length) localStorage.removeItem(WAITING_KEY)
  })
}

/** Return whether the server has answered for good. */
async function sendOne({ method, path, body, idempotencyKey }: QueuedWrite): Promise<boolean> {
  try {
    await call(method, path, { body: withSendTime(body), ...(idempotencyKey ? { idempotencyKey } : {}) })
  } catch (error) {
    const isFinal = error instanceof Problem && isPermanent(error) && error.status !== 401 && error.code !== 'unknown' // of a network's own page
    if (!isFinal) {
      if (!isUnreachable(error)) setTimeout(() => void send(), RETRY_AFTER_MS)
      return false
    }
    if (error.status !== 404) toast(t.offline.writeRejected(errorMessage(error)), { isError: true }) // 404: deleted elsewhere
  }
  return true
}
