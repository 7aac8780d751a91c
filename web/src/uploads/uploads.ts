import { effect, signal } from '@preact/signals'
import { call } from '../api/client'
import { Problem, sentence } from '../api/problem'
import { isSignedIn, user } from '../api/session'
import { loadAccount, loadCollections } from '../library/account'
import type { Media } from '../library/model'
import { changed } from '../library/pagedList'
import { announce, tell } from '../parts/toasts'
import { route } from '../platform/route'
import { t } from '../texts'
import { forget, keep, kept } from './resumableUploads'
import { begin, look, send } from './send'

export type State = 'waiting' | 'sending' | 'paused' | 'checking' | 'ready' | 'rejected' | 'failed'

/** A file on its way into the library, as it is shown. */
export interface Upload {
  id: string
  file: File
  state: State
  sent: number
  mediaId: string | null
  collectionId: string | null
  /** Why it is not ready, in the API's words. */
  why: string
}

const FILES_AT_ONCE = 3
const LOOK_EVERY_MS = 600
const UNSETTLED = new Set(['pending', 'inspecting'])

export const uploads = signal<Upload[]>([])
export const isListShown = signal(true)
const running = new Map<string, AbortController>()
let isWatching = false

export const isBusy = (upload: Upload) => upload.state === 'waiting' || upload.state === 'sending' || upload.state === 'checking'

function set(id: string, changes: Partial<Upload>): void {
  uploads.value = uploads.value.map((upload) => (upload.id === id ? { ...upload, ...changes } : upload))
}

const find = (id: string) => uploads.peek().find((upload) => upload.id === id)

/** Take files in. Into the open collection, when one is. */
export function add(files: Iterable<File>): void {
  const [room, id] = route.peek().parts
  const collectionId = room === 'collections' ? (id ?? null) : null
  const fresh: Upload[] = []
  for (const file of files) {
    if (file.size === 0) tell(t.upload.empty(file.name), { isError: true })
    else fresh.push({ id: crypto.randomUUID(), file, state: 'waiting', sent: 0, mediaId: null, collectionId, why: '' })
  }
  uploads.value = [...uploads.value, ...fresh]
  if (fresh.length) isListShown.value = true
  for (const { id, file } of fresh) void keep({ id, file, mediaId: null, owner: user.peek() })
  next()
}

function next(): void {
  for (const upload of uploads.peek()) {
    if (running.size >= FILES_AT_ONCE) return
    if (upload.state === 'waiting' && !running.has(upload.id)) void run(upload)
  }
}

async function run(upload: Upload): Promise<void> {
  const { id, file } = upload
  const abort = new AbortController()
  running.set(id, abort)
  set(id, { state: 'sending', why: '' })
  try {
    const started = upload.mediaId ? await look(upload.mediaId, abort.signal) : await begin(file, id, upload.collectionId)
    const mediaId = started.media.id
    if (!find(id)) {
      giveUp(mediaId) // cancelled before it had a name
      return
    }
    set(id, { mediaId })
    void keep({ id, file, mediaId, owner: user.peek() })
    if (started.upload) await send(file, mediaId, started.upload, (sent) => set(id, { sent: Math.min(sent, file.size) }), abort.signal)
    set(id, { state: 'checking', sent: file.size })
    void forget(id) // storage has all of it
    changed()
    void watch()
  } catch (error) {
    if (!abort.signal.aborted) await stumble(id, error)
  } finally {
    running.delete(id)
    next()
  }
}

async function stumble(id: string, error: unknown): Promise<void> {
  if (error instanceof Problem && error.status === 429 && error.retryAfterS !== null) {
    set(id, { state: 'waiting', why: error.message })
    running.delete(id)
    await new Promise((resolve) => setTimeout(resolve, (error.retryAfterS ?? 1) * 1000))
    return
  }
  set(id, { state: 'failed', why: sentence(error) })
  if (error instanceof Problem && error.status >= 400 && error.status !== 401) void forget(id)
}

/** Look after those that are being checked, until none is left. */
async function watch(): Promise<void> {
  if (isWatching) return
  isWatching = true
  for (;;) {
    const checking = uploads.peek().filter((upload) => upload.state === 'checking')
    if (!checking.length || !isSignedIn.peek()) break
    for (const { id, mediaId, file } of checking) {
      const media = await call<Media>('GET', `/v1/media/${mediaId}`).catch((error: unknown) =>
        error instanceof Problem && error.status === 404 ? null : undefined,
      )
      if (media === null) set(id, { state: 'failed', why: t.notFound })
      else if (media && !UNSETTLED.has(media.status)) settle(id, file.name, media)
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  isWatching = false
}

function settle(id: string, name: string, media: Media): void {
  const isReady = media.status === 'ready'
  const why = media.rejection?.detail ?? ''
  set(id, { state: isReady ? 'ready' : 'rejected', why })
  announce(isReady ? t.upload.becameReady(name) : t.upload.becameRejected(name, why))
  changed()
  loadAccount().catch(() => undefined)
  if (media.collection_ids.length) loadCollections().catch(() => undefined)
}

export function pause(id: string): void {
  running.get(id)?.abort()
  set(id, { state: 'paused' })
}

export function resume(id: string): void {
  set(id, { state: 'waiting', why: '' })
  next()
}

/** Try again from the beginning: what storage has of it was refused, or is gone. */
export function retry(id: string): void {
  const old = find(id)
  if (!old) return
  if (old.mediaId) giveUp(old.mediaId)
  const fresh = { ...old, id: crypto.randomUUID(), state: 'waiting' as const, sent: 0, mediaId: null, why: '' }
  uploads.value = uploads.value.map((upload) => (upload.id === id ? fresh : upload))
  void keep({ id: fresh.id, file: fresh.file, mediaId: null, owner: user.peek() })
  next()
}

export function cancel(id: string): void {
  const mediaId = find(id)?.mediaId
  running.get(id)?.abort()
  dismiss(id)
  if (mediaId) giveUp(mediaId)
}

/** What waited for its bytes gives its room back; when it is too late for that, the file is simply in the library. */
function giveUp(mediaId: string): void {
  call('DELETE', `/v1/uploads/${mediaId}`)
    .catch(() => undefined)
    .finally(changed)
}

export function dismiss(id: string): void {
  void forget(id)
  uploads.value = uploads.value.filter((upload) => upload.id !== id)
}

export function clearFinished(): void {
  for (const upload of uploads.peek()) if (!isBusy(upload) && upload.state !== 'paused') dismiss(upload.id)
}

// After a reload, what was under way goes on; another user's files wait for their owner.
effect(() => {
  const owner = user.value
  for (const abort of running.values()) abort.abort()
  uploads.value = []
  if (!isSignedIn.value) return
  void kept(owner).then((found) => {
    const back = found.map(({ id, file, mediaId }) => ({
      id,
      file,
      mediaId,
      state: 'waiting' as const,
      sent: 0,
      collectionId: null,
      why: '',
    }))
    uploads.value = [...back, ...uploads.peek()]
    next()
  })
})
