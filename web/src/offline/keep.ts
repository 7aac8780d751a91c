import { apiUrl, call, type Page } from '../api/client'
import { Problem } from '../api/problem'
import { displayName } from '../parts/displayName'
import { toast } from '../parts/toasts'
import { countRefused, OBJECTS, removeAnswers, storeAnswer, storedBytes } from '../platform/deviceStore'
import { type KeptMedia, keptMedia, recordKept } from '../platform/keptMedia'
import { ReadingText } from '../reading_text/text'
import { t } from '../texts'
import { formatBytes } from '../texts/format'

/** What is needed of a media to keep it. */
export interface KeepableMedia {
  id: string
  title: string
  media_type: string
  size_bytes: number
  page_count: number | null
  word_count: number | null
  text_version: number | null
  language: string | null
  has_thumbnail: boolean
}

interface Recording {
  id: string
  media_id: string
  status: string
  text_version: number
  duration_ms: number | null
}

const WITHOUT_SECTIONS = new Set(['application/pdf', 'text/plain']) // they have no display form
const MAX_CONCURRENT_REQUESTS = 4
const BYTES_PER_MS = 8 // of recordings: 64 kbit/s
const SPARE_BYTES = 20_000_000 // for the page itself, and what else the browser stores
const MAX_PAGE_FILES_MS = 30_000 // a worker of an earlier release does not answer
const FIRST_RETRY_MS = 1000
const MAX_RETRIES = 5
const ANNOTATIONS = { query: { limit: 100 } } // as the reader asks for them

/** Held while a document is being stored, in whichever tab. */
export const lockOf = (id: string) => `visionary-keep-${id}`

/** Store a document on this device: text, display form, pictures, pages, recordings. Throws Problem if there is no room. */
export async function keep(media: KeepableMedia): Promise<void> {
  await navigator.locks.request(lockOf(media.id), () => keepAlone(media))
}

async function keepAlone(media: KeepableMedia): Promise<void> {
  const recordings = await listRecordings(media.id)
  await requireSpace(media, recordings)
  // Without it the browser may remove the document when the disk is full. Firefox asks the user: nothing waits for the answer.
  void navigator.storage?.persist?.().catch(() => false)
  const before = keptMedia.peek()[media.id]
  const entry: KeptMedia = {
    id: media.id,
    title: media.title,
    sizeBytes: 0,
    isComplete: false,
    keptAt: new Date().toISOString(),
    jobIds: recordings.map(({ id }) => id),
    content: contentOf(media, recordings),
  }
  recordKept(media.id, entry) // from now on, the answers about it are stored
  try {
    await Promise.all([keepPageFiles(), storeAll(media, recordings)])
    const sizeBytes = await storedBytes(media.id, entry.jobIds)
    if (!update(media.id, { sizeBytes, isComplete: true })) return remove(media.id)
    const isProtected = await navigator.storage?.persisted?.()
    const done = t.device.kept(displayName(media.title), formatBytes(sizeBytes))
    toast(isProtected === false ? `${done} ${t.device.mayBeRemoved}` : done)
  } catch (error) {
    await remove(media.id)
    if (before?.isEvicted) recordKept(media.id, before)
    throw error
  }
}

/**
 * Store a kept document again if its text or its recordings are others than those on this device; what is on it stays until then. Throws
 * Problem.
 */
export async function renew(id: string): Promise<void> {
  await navigator.locks.request(lockOf(id), async () => {
    const entry = keptMedia.peek()[id]
    if (!entry?.isComplete || entry.isEvicted) return
    const media = await call<KeepableMedia>('GET', `/v1/media/${id}`)
    const recordings = await listRecordings(id)
    await call('GET', `/v1/media/${id}/annotations`, ANNOTATIONS)
    const content = contentOf(media, recordings)
    if (content !== entry.content) {
      await requireSpace(media, recordings)
      const jobIds = recordings.map((recording) => recording.id)
      update(id, { jobIds: [...new Set([...entry.jobIds, ...jobIds])] }) // from now on, the answers about them are stored
      await storeAll(media, recordings)
      for (const gone of entry.jobIds.filter((jobId) => !jobIds.includes(jobId))) await removeRecording(id, gone)
      const sizeBytes = await storedBytes(id, jobIds)
      if (!update(id, { title: media.title, jobIds, content, sizeBytes })) await remove(id)
    } else if (media.title !== entry.title) update(id, { title: media.title })
  })
}

/** Change the entry of a document; return false if there is none any more: the user no longer wants it, or has signed out. */
function update(id: string, changes: Partial<KeptMedia>): boolean {
  const entry = keptMedia.peek()[id]
  if (entry) recordKept(id, { ...entry, ...changes })
  return entry !== undefined
}

/** What of a document is stored: another text, or another recording, makes another one. */
function contentOf({ text_version }: KeepableMedia, recordings: Recording[]): string {
  return [text_version ?? 0, ...recordings.map(({ id, status, duration_ms }) => `${id} ${status} ${duration_ms ?? 0}`).sort()].join()
}

async function removeRecording(mediaId: string, jobId: string): Promise<void> {
  await removeAnswers(jobId)
  const objects = await caches.open(OBJECTS + mediaId)
  for (const request of await objects.keys()) if (request.url.includes(`/${jobId}`)) await objects.delete(request)
}

/** Have the service worker store all files of the page: any of them may be needed without a network. */
function keepPageFiles(): Promise<void> {
  const worker = navigator.serviceWorker?.controller
  if (!worker) return Promise.resolve()
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => resolve()
    worker.postMessage('keep-all-files', [port2])
    setTimeout(resolve, MAX_PAGE_FILES_MS)
  })
}

export async function remove(id: string): Promise<void> {
  const jobIds = keptMedia.peek()[id]?.jobIds ?? []
  recordKept(id, null)
  await Promise.all([caches.delete(OBJECTS + id), ...[id, ...jobIds].map(removeAnswers)])
}

async function listRecordings(mediaId: string): Promise<Recording[]> {
  const { items } = await call<Page<Recording>>('GET', `/v1/media/${mediaId}/speech`, { query: { limit: 100 } })
  return items.filter(({ status }) => status === 'done' || status === 'partial')
}

async function requireSpace(media: KeepableMedia, recordings: Recording[]): Promise<void> {
  const neededBytes = media.size_bytes * 2 + recordings.reduce((sum, { duration_ms }) => sum + (duration_ms ?? 0) * BYTES_PER_MS, 0)
  // An engine that does not say how much room there is tells when it is full.
  const { quota = Number.POSITIVE_INFINITY, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {}
  const freeBytes = quota - usage - SPARE_BYTES
  if (neededBytes > freeBytes)
    throw new Problem(0, 'no_space', t.device.noSpace(formatBytes(neededBytes), formatBytes(Math.max(0, freeBytes))))
}

async function storeAll(media: KeepableMedia, recordings: Recording[]): Promise<void> {
  const { id } = media
  const refusedBefore = await countRefused()
  const path = `/v1/media/${id}`
  const objects = await caches.open(OBJECTS + id)
  const storeObject = async (url: string, name = url) => {
    const response = await fetch(url)
    if (!response.ok) throw new Problem(response.status, 'storage', t.problem.serverError(response.status))
    await objects.put(withoutQuery(name), response).catch(() => {
      throw noRoom(media)
    })
  }
  const storeVariant = async (query: Record<string, string>) =>
    storeObject((await call<{ url: string }>('GET', `${path}/url`, { query })).url)
  const [family] = media.media_type.split('/')
  const tasks: (() => Promise<unknown>)[] = [
    () => call('GET', path),
    () => call('GET', `${path}/annotations`, ANNOTATIONS),
    () => listRecordings(id),
    () => call('GET', '/v1/account/preferences'),
  ]
  if (media.has_thumbnail) tasks.push(() => storeVariant({ variant: 'thumbnail' }))
  if (family === 'audio' || family === 'video') tasks.push(() => storeStream(path, storeObject))
  else if (family === 'image') tasks.push(() => storeVariant({}))
  else if (media.media_type === 'application/pdf' || media.media_type.includes('comicbook'))
    tasks.push(() => storeVariant({ variant: 'view' }))
  if (media.word_count) {
    tasks.push(...(await textTasks(media, null)))
    const earlier = new Set(recordings.map((recording) => recording.text_version).filter((version) => version !== media.text_version))
    for (const version of earlier) tasks.push(...(await textTasks(media, version)))
    if (!WITHOUT_SECTIONS.has(media.media_type)) tasks.push(...(await sectionTasks(path, storeObject)))
    for (let page = 1; media.media_type === 'application/pdf' && page <= (media.page_count ?? 0); page++)
      tasks.push(() => call('GET', `${path}/text`, { query: { page } }))
  }
  for (const { id: jobId } of recordings) {
    const recording = `/v1/speech/${jobId}`
    tasks.push(
      () => call('GET', recording),
      () => storeMarks(recording),
      () => call('GET', `${recording}/position`),
      () => storeStream(recording, storeObject),
    )
  }
  await runAll(tasks)
  if ((await countRefused()) > refusedBefore) throw noRoom(media)
}

const noRoom = ({ title }: KeepableMedia) => new Problem(0, 'no_space', t.device.full(displayName(title)))

/** Store the speech marks of a recording in the parts that the player asks for. */
async function storeMarks(recording: string): Promise<void> {
  for (let fromMs = 0; ; ) {
    const query = { from_ms: fromMs }
    const marks = await call<{ duration_ms: number; complete: boolean }>('GET', `${recording}/marks`, { query })
    if (marks.complete || marks.duration_ms <= fromMs) return
    fromMs = marks.duration_ms
  }
}

/** Store what a media element plays, and an address that leads to it without a token. */
async function storeStream(path: string, storeObject: (url: string, name: string) => Promise<void>): Promise<void> {
  const link = await call<{ path: string; token: string }>('POST', `${path}/capability`)
  const address = withoutQuery(link.path)
  await storeObject(apiUrl(link.path), apiUrl(address))
  await storeAnswer(`${path}/capability`, { ...link, path: address, token: '' })
}

async function textTasks(media: KeepableMedia, version: number | null): Promise<(() => Promise<void>)[]> {
  const text = await ReadingText.load(media.id, version, media.language, null)
  return text.chunks.map((_, number) => () => text.loadChunk(number))
}

/** The sections of the display form, with their pictures; none if the document has no display form. */
async function sectionTasks(path: string, storeObject: (url: string) => Promise<void>): Promise<(() => Promise<void>)[]> {
  const document = await call<{ sections: unknown[] }>('GET', `${path}/document`).catch((error: unknown) => {
    if (error instanceof Problem && error.status >= 400 && error.status < 500) return { sections: [] }
    throw error
  })
  return document.sections.map((_, index) => async () => {
    const { images } = await call<{ images: Record<string, string> }>('GET', `${path}/document/${index}`)
    for (const url of Object.values(images ?? {})) await storeObject(url)
  })
}

async function runAll(tasks: (() => Promise<unknown>)[]): Promise<void> {
  const pending = [...tasks]
  const worker = async () => {
    for (let task = pending.shift(); task; task = pending.shift()) await retried(task)
  }
  await Promise.all(Array.from({ length: MAX_CONCURRENT_REQUESTS }, worker))
}

/** Run a task again when the API asks for a pause. */
async function retried(task: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await task()
      return
    } catch (error) {
      if (!(error instanceof Problem && error.status === 429) || attempt === MAX_RETRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, (error.retryAfterS ?? 0) * 1000 + FIRST_RETRY_MS))
    }
  }
}

const withoutQuery = (url: string) => url.split('?')[0] ?? url
