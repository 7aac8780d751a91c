import { effect, signal } from '@preact/signals'
import { call } from '../api/client'
import { errorMessage, isUnreachable, Problem } from '../api/problem'
import { isSignedIn, user } from '../api/session'
import { loadAccount, loadCollections } from '../library/account'
import { moveToTrash } from '../library/actions'
import type { InspectionFinding, Media } from '../library/model'
import { invalidateLibrary } from '../library/pagedList'
import { displayName } from '../parts/displayName'
import { announceToScreenReader, toast } from '../parts/toasts'
import { network, reconnection } from '../platform/network'
import { route } from '../platform/route'
import { t, withScreenTexts } from '../texts'
import * as resumableUploads from './resumableUploads'
import { createUpload, getUpload, sendFile } from './send'

export type UploadState = 'waiting' | 'sending' | 'paused' | 'fetching' | 'checking' | 'ready' | 'rejected' | 'failed'

/** A file in the upload list. An import has an empty one, with the name of its address. */
export interface Upload {
  id: string
  file: File
  state: UploadState
  sentBytes: number
  mediaId: string | null
  collectionId: string | null
  /** The reason for waiting, failing or being rejected; safe to show. */
  reason: string
  /** The media, and the first one that has the same bytes; until the user chooses what to do. */
  duplicate?: { media: Media; first: Media } | undefined
}

const MAX_CONCURRENT_FILES = 3
const POLL_INTERVAL_MS = 600
const REFUSED_STATUSES = new Set([413, 415, 422]) // the same file would be refused again
const UNFINISHED_STATUSES = new Set(['pending', 'inspecting'])

export const uploads = signal<Upload[]>([])
export const isListExpanded = signal(true)
/** The uploads in progress, by id. */
const running = new Map<string, AbortController>()
let isPolling = false

export const isBusy = (upload: Upload) => ['waiting', 'sending', 'fetching', 'checking'].includes(upload.state)

function updateUpload(id: string, changes: Partial<Upload>): void {
  uploads.value = uploads.value.map((upload) => (upload.id === id ? { ...upload, ...changes } : upload))
}

const getUploadById = (id: string) => uploads.peek().find((upload) => upload.id === id)

/** The collection that is open, which files are added to. */
function openCollection(): string | null {
  const [screen, id] = route.peek().parts
  return screen === 'collections' ? (id ?? null) : null
}

/** Upload files, into the open collection if there is one. */
export function addFiles(files: Iterable<File>, collectionId = openCollection()): void {
  const added: Upload[] = []
  for (const file of files) {
    if (file.size === 0) toast(t.upload.empty(displayName(file.name)), { isError: true })
    else added.push({ id: crypto.randomUUID(), file, state: 'waiting', sentBytes: 0, mediaId: null, collectionId, reason: '' })
  }
  uploads.value = [...uploads.value, ...added]
  if (added.length) isListExpanded.value = true
  for (const upload of added) void resumableUploads.save({ id: upload.id, file: upload.file, mediaId: null, owner: user.peek() })
  startNext()
}

/** Show an import in the list until it is ready. */
export function trackImport(media: Media, name: string): void {
  const state = media.source_url ? 'fetching' : 'checking'
  const file = new File([], name)
  uploads.value = [
    ...uploads.value,
    { id: crypto.randomUUID(), file, state, sentBytes: 0, mediaId: media.id, collectionId: null, reason: '' },
  ]
  isListExpanded.value = true
  invalidateLibrary()
  void pollInspections()
}

function startNext(): void {
  for (const upload of uploads.peek()) {
    if (running.size >= MAX_CONCURRENT_FILES) return
    if (upload.state === 'waiting' && !running.has(upload.id)) void runUpload(upload)
  }
}

async function runUpload(upload: Upload): Promise<void> {
  const { id, file } = upload
  const controller = new AbortController()
  running.set(id, controller)
  updateUpload(id, { state: 'sending', reason: '' })
  try {
    const response = upload.mediaId ? await getUpload(upload.mediaId, controller.signal) : await createUpload(file, id, upload.collectionId)
    const mediaId = response.media.id
    if (!getUploadById(id)) {
      abortUpload(mediaId) // cancelled before its id was known
      return
    }
    updateUpload(id, { mediaId })
    void resumableUploads.save({ id, file, mediaId, owner: user.peek() })
    const onProgress = (sentBytes: number) => updateUpload(id, { sentBytes: Math.min(sentBytes, file.size) })
    if (response.upload) await sendFile(file, mediaId, response.upload, onProgress, controller.signal)
    updateUpload(id, { state: 'checking', sentBytes: file.size })
    invalidateLibrary()
    void pollInspections()
  } catch (error) {
    if (!controller.signal.aborted) await handleFailure(id, error)
  } finally {
    running.delete(id)
    startNext()
  }
}

async function handleFailure(id: string, error: unknown): Promise<void> {
  if (error instanceof Problem && error.status === 429 && error.retryAfterS !== null) {
    updateUpload(id, { state: 'waiting', reason: error.message })
    running.delete(id)
    await new Promise((resolve) => setTimeout(resolve, (error.retryAfterS ?? 1) * 1000))
    return
  }
  if (isUnreachable(error) && network.peek() !== 'online') {
    updateUpload(id, { state: 'waiting' })
    return reconnection() // it stays among those in progress: then it goes on with what storage has
  }
  if (error instanceof Problem && error.status === 404) return dismiss(id) // cancelled in the library
  const isRefused = error instanceof Problem && REFUSED_STATUSES.has(error.status)
  updateUpload(id, { state: isRefused ? 'rejected' : 'failed', reason: errorMessage(error) })
  if (error instanceof Problem && error.status >= 400 && error.status !== 401) void resumableUploads.remove(id)
}

/** Poll the media that are being inspected until none is left. */
async function pollInspections(): Promise<void> {
  if (isPolling) return
  isPolling = true
  for (;;) {
    const checking = uploads.peek().filter((upload) => upload.state === 'checking' || upload.state === 'fetching')
    if (!checking.length || !isSignedIn.peek()) break
    for (const { id, mediaId, file } of checking) {
      const media = await call<Media>('GET', `/v1/media/${mediaId}`).catch((error: unknown) =>
        error instanceof Problem && error.status === 404 ? null : undefined,
      )
      if (media?.status === 'inspecting') updateUpload(id, { state: 'checking' })
      if (media === null) {
        updateUpload(id, { state: 'failed', reason: t.upload.deleted })
        void resumableUploads.remove(id)
      } else if (media && !UNFINISHED_STATUSES.has(media.status)) {
        await finish(id, displayName(file.name), media)
        if (media.duplicate_of) await showDuplicate(id, media, media.duplicate_of)
      }
    }
    await (network.peek() === 'online' ? new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS)) : reconnection())
  }
  isPolling = false
}

async function finish(id: string, filename: string, media: Media): Promise<void> {
  const isReady = media.status === 'ready'
  const reason = media.rejection ? await reasonOf(media.rejection) : ''
  updateUpload(id, { state: isReady ? 'ready' : 'rejected', reason })
  void resumableUploads.remove(id) // until now, a reload shows that the file is being checked
  announceToScreenReader(isReady ? t.upload.becameReady(filename) : t.upload.becameRejected(filename, reason))
  invalidateLibrary()
  loadAccount().catch(() => undefined)
  if (media.collection_ids.length) loadCollections().catch(() => undefined)
}

async function showDuplicate(id: string, media: Media, firstId: string): Promise<void> {
  const first = await call<Media>('GET', `/v1/media/${firstId}`).catch(() => null)
  if (!first) return
  updateUpload(id, { duplicate: { media, first } })
  announceToScreenReader(t.upload.duplicate(displayName(first.title)))
}

export function keepBoth(id: string): void {
  updateUpload(id, { duplicate: undefined })
}

export function trashCopy(id: string, media: Media): void {
  dismiss(id)
  void moveToTrash([media])
}

/** The reason of a rejection in the language of the page; as the API says it while the texts cannot be loaded. */
async function reasonOf(rejection: InspectionFinding): Promise<string> {
  const loading = withScreenTexts(import('../library/rejection'))
  return loading.then((module) => module.rejectionText(rejection)).catch(() => rejection.detail)
}

export function pause(id: string): void {
  running.get(id)?.abort()
  updateUpload(id, { state: 'paused' })
}

export function resume(id: string): void {
  updateUpload(id, { state: 'waiting', reason: '' })
  startNext()
}

/** Upload a failed file again from the start: storage rejected or lost what it had. */
export function retry(id: string): void {
  const failed = getUploadById(id)
  if (!failed) return
  if (failed.mediaId) abortUpload(failed.mediaId)
  const restarted = { ...failed, id: crypto.randomUUID(), state: 'waiting' as const, sentBytes: 0, mediaId: null, reason: '' }
  uploads.value = uploads.value.map((upload) => (upload.id === id ? restarted : upload))
  void resumableUploads.save({ id: restarted.id, file: restarted.file, mediaId: null, owner: user.peek() })
  startNext()
}

export function cancel(id: string): void {
  const mediaId = getUploadById(id)?.mediaId
  running.get(id)?.abort()
  dismiss(id)
  if (mediaId) abortUpload(mediaId)
}

/** Abort an upload, which frees its quota. If it has completed in the meantime, the file stays in the library. */
function abortUpload(mediaId: string): void {
  call('DELETE', `/v1/uploads/${mediaId}`)
    .catch(() => undefined)
    .finally(invalidateLibrary)
}

export function dismiss(id: string): void {
  void resumableUploads.remove(id)
  uploads.value = uploads.value.filter((upload) => upload.id !== id)
}

export function clearFinished(): void {
  for (const upload of uploads.peek()) if (!isBusy(upload) && upload.state !== 'paused') dismiss(upload.id)
}

// Uploads resume after a reload; those of another user wait until that user signs in.
effect(() => {
  const owner = user.value
  for (const controller of running.values()) controller.abort()
  uploads.value = []
  if (!isSignedIn.value) return
  void resumableUploads.list(owner).then((saved) => {
    const resumed = saved.map(
      ({ id, file, mediaId }): Upload => ({ id, file, mediaId, state: 'waiting', sentBytes: 0, collectionId: null, reason: '' }),
    )
    uploads.value = [...resumed, ...uploads.peek()]
    startNext()
  })
})
