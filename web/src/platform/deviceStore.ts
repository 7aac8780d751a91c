import { forgetKept, isOnDevice, keptMedia } from './keptMedia'

// What the API answered last, for the time without a network: the lists that were shown, and all of the documents that are kept on
// this device. It is private: signing out removes it.

/** The JSON answers of the API. */
export const ANSWERS = 'visionary-answers'
/** Files from storage, by their addresses without signature, in a cache for each document. The service worker serves them. */
export const OBJECTS = 'visionary-objects-'
/** What another app shared, from the service worker, until the page has asked what to do with it. */
export const RECEIVED = 'visionary-received'
export const DATABASE = 'visionary-device'
/** The lists that are stored without being kept: they are needed to find what is. */
const LISTS = /^\/v1\/(media\?|collections(\?|\/[^/]+\/media\?)|account$|account\/(preferences|queue)$|annotations\?|speech\?)/

/** Incremented when everything is removed: a response to an earlier request is not stored. */
let generation = 0
/** The writes that have begun, and how many answers found no room. */
let writes: Promise<unknown> = Promise.resolve()
let refusedCount = 0

const isAvailable = () => 'caches' in globalThis
const addressOf = (path: string) => new URL(`device${path}`, document.baseURI).href

/** Return a function that stores the answer of a request that begins now; null if it is not to be stored. */
export function answerWriter(path: string): ((answer: unknown) => Promise<void>) | null {
  if (!isAvailable() || !isStored(path)) return null
  const startedIn = generation
  return async (answer) => {
    if (startedIn === generation) await storeAnswer(path, answer)
  }
}

function isStored(path: string): boolean {
  if (LISTS.test(path)) return !/[?&](cursor|q)=/.test(path)
  const id = path.split(/[/?]/)[3] ?? ''
  const kept = keptMedia.peek()
  return isOnDevice(kept[id]) || Object.values(kept).some((entry) => isOnDevice(entry) && entry.jobIds.includes(id))
}

export async function storeAnswer(path: string, answer: unknown): Promise<void> {
  const write = caches
    .open(ANSWERS)
    .then((cache) => cache.put(addressOf(path), new Response(JSON.stringify(answer))))
    .catch(() => {
      refusedCount++ // the disk is full
    })
  writes = Promise.all([writes, write])
  await write
}

/** Return how many answers this device had no room for, once all that have come are stored. */
export async function countRefused(): Promise<number> {
  await writes
  return refusedCount
}

/** Return the stored answer to a request; undefined if there is none. */
export async function storedAnswer(path: string): Promise<unknown> {
  if (!isAvailable()) return undefined
  const response = await caches.match(addressOf(path), { cacheName: ANSWERS }).catch(() => undefined)
  return response?.json()
}

/** Change a stored answer; nothing happens if there is none. */
export async function updateStoredAnswer(path: string, change: (stored: never) => unknown): Promise<void> {
  const stored = await storedAnswer(path)
  if (stored !== undefined) await storeAnswer(path, change(stored as never))
}

/** Remove the stored answers about a media or a speech job. */
export async function removeAnswers(id: string): Promise<void> {
  const cache = await caches.open(ANSWERS)
  for (const request of await cache.keys()) if (request.url.includes(`/${id}`)) await cache.delete(request)
}

/** Store no answer to a request that has begun: it belongs to a user who has signed out. */
export function ignoreEarlierRequests(): void {
  generation++
}

/** Return the size of what is stored of a document and its recordings. */
export async function storedBytes(mediaId: string, jobIds: string[]): Promise<number> {
  const answers = await caches.open(ANSWERS)
  const objects = await caches.open(OBJECTS + mediaId)
  const ids = [mediaId, ...jobIds]
  const requests = (await answers.keys()).filter(({ url }) => ids.some((id) => url.includes(id)))
  const responses = await Promise.all([...requests.map((request) => answers.match(request)), ...(await objects.matchAll())])
  let total = 0
  for (const response of responses) total += (await response?.blob())?.size ?? 0
  return total
}

/** Remove all private data from this device. */
export async function clearDevice(): Promise<void> {
  ignoreEarlierRequests()
  forgetKept()
  if (!isAvailable()) return
  localStorage.removeItem('visionary.waitingWrites')
  const names = (await caches.keys()).filter((name) => name === ANSWERS || name === RECEIVED || name.startsWith(OBJECTS))
  await Promise.all(names.map((name) => caches.delete(name)))
  indexedDB.deleteDatabase(DATABASE)
}
