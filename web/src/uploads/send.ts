import { call } from '../api/client'
import { Problem } from '../api/problem'
import type { Media } from '../library/model'
import { network } from '../platform/network'
import { t } from '../texts'

// Uppy's core was considered: it adds 25 kB for what this file does, and its interface would be hidden behind ours anyway.

export const MULTIPART_THRESHOLD_BYTES = 8 * 1024 * 1024 // a smaller file is cheaper to send again than in parts
const MAX_CONCURRENT_PARTS = 3
const RETRY_DELAYS_MS = [500, 2000, 6000]

interface Part {
  number: number
  size_bytes: number
  etag: string | null
  url: string | null
}

type Instructions =
  | { method: 'PUT'; url: string; headers: Record<string, string> }
  | { method: 'MULTIPART'; part_size_bytes: number; parts: Part[] }

interface UploadResponse {
  media: Media
  upload: Instructions | null
}

/** Start an upload. The request cannot be cancelled: an upload whose response is lost could not be aborted. */
export async function createUpload(file: File, idempotencyKey: string, collectionId: string | null): Promise<UploadResponse> {
  const body = {
    filename: file.name,
    media_type: file.type,
    size_bytes: file.size,
    method: file.size >= MULTIPART_THRESHOLD_BYTES ? 'MULTIPART' : 'PUT',
    ...(collectionId ? { collection_id: collectionId } : {}),
  }
  return call<UploadResponse>('POST', '/v1/uploads', { body, idempotencyKey })
}

export function getUpload(mediaId: string, signal: AbortSignal): Promise<UploadResponse> {
  return call<UploadResponse>('GET', `/v1/uploads/${mediaId}`, { signal })
}

/** Send the parts of a file that storage does not have yet. Throws Problem, or AbortError when the signal is aborted. */
export async function sendFile(
  file: File,
  mediaId: string,
  instructions: Instructions,
  onProgress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  if (instructions.method === 'PUT') {
    await withRetries(async (attempt) => {
      const current = attempt ? (await getUpload(mediaId, signal)).upload : instructions
      if (current?.method === 'PUT') await putObject(current.url, file, current.headers, onProgress, signal)
    }, signal)
    return
  }
  const missing = instructions.parts.filter((part) => part.url)
  const inFlight = new Map<number, number>()
  let storedBytes = instructions.parts.filter((part) => part.etag).reduce((sum, part) => sum + part.size_bytes, 0)
  const report = () => onProgress(storedBytes + [...inFlight.values()].reduce((sum, bytes) => sum + bytes, 0))
  report()
  const worker = async () => {
    for (let part = missing.shift(); part; part = missing.shift()) {
      const { number, size_bytes: size } = part
      const start = (number - 1) * instructions.part_size_bytes
      const body = file.slice(start, start + size)
      await withRetries(async (attempt) => {
        const url = attempt ? await renewPartUrl(mediaId, number, signal) : part?.url
        if (!url) return // an earlier attempt reached storage
        await putObject(
          url,
          body,
          {},
          (bytes) => {
            inFlight.set(number, bytes)
            report()
          },
          signal,
        )
      }, signal)
      inFlight.delete(number)
      storedBytes += size
      report()
    }
  }
  await Promise.all(Array.from({ length: MAX_CONCURRENT_PARTS }, worker))
  await call('POST', `/v1/uploads/${mediaId}/complete`, { body: {}, signal, idempotencyKey: crypto.randomUUID() })
}

async function renewPartUrl(mediaId: string, number: number, signal: AbortSignal): Promise<string | null> {
  const { upload } = await getUpload(mediaId, signal)
  return upload?.method === 'MULTIPART' ? (upload.parts.find((part) => part.number === number)?.url ?? null) : null
}

/** Retry after expired URLs and lost connections, but not while nothing can be reached. `send` gets the number of the attempt and renews its URL from the second one on. */
async function withRetries(send: (attempt: number) => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await send(attempt)
      return
    } catch (error) {
      const delayMs = RETRY_DELAYS_MS[attempt]
      const isTransient = error instanceof Problem && (error.status === 0 || error.status === 403 || error.status >= 500)
      if (signal.aborted || !isTransient || delayMs === undefined || network.peek() !== 'online') throw error
      await new Promise((resolve) => setTimeout(resolve, delayMs))
    }
  }
}

/** PUT with XMLHttpRequest, because fetch does not report upload progress. */
function putObject(
  url: string,
  body: Blob,
  headers: Record<string, string>,
  onProgress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const abort = () => request.abort()
    signal.addEventListener('abort', abort, { once: true })
    request.open('PUT', url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.onprogress = (event) => onProgress(event.loaded)
    request.onload = () => {
      // 412: the object exists, because an earlier attempt succeeded and only its response was lost.
      if (request.status < 300 || request.status === 412) resolve()
      else reject(new Problem(request.status, 'storage', t.problem.serverError(request.status)))
    }
    request.onerror = () => reject(Problem.unreachable())
    request.onabort = () => reject(new DOMException('aborted', 'AbortError'))
    request.onloadend = () => signal.removeEventListener('abort', abort)
    if (signal.aborted) reject(new DOMException('aborted', 'AbortError'))
    else request.send(body)
  })
}
