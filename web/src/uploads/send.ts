import { call } from '../api/client'
import { Problem } from '../api/problem'
import type { Media } from '../library/model'
import { t } from '../texts'

// Uppy's core was weighed: 25 KB for what these lines do, and its interface would be hidden behind ours anyway.

export const IN_PARTS_FROM_BYTES = 8 * 1024 * 1024 // below, sending it again costs less than the further requests
const PARTS_AT_ONCE = 3
const RETRY_AFTER_MS = [500, 2000, 6000]

interface Part {
  number: number
  size_bytes: number
  etag: string | null
  url: string | null
}

type Instructions =
  | { method: 'PUT'; url: string; headers: Record<string, string> }
  | { method: 'MULTIPART'; part_size_bytes: number; parts: Part[] }

interface Started {
  media: Media
  upload: Instructions | null
}

/** Announces a file. It is not cut off: what it began could not be given up. */
export async function begin(file: File, key: string, collectionId: string | null): Promise<Started> {
  const body = {
    filename: file.name,
    media_type: file.type,
    size_bytes: file.size,
    method: file.size >= IN_PARTS_FROM_BYTES ? 'MULTIPART' : 'PUT',
    ...(collectionId ? { collection_id: collectionId } : {}),
  }
  return call<Started>('POST', '/v1/uploads', { body, idempotencyKey: key })
}

export function look(mediaId: string, signal: AbortSignal): Promise<Started> {
  return call<Started>('GET', `/v1/uploads/${mediaId}`, { signal })
}

/** Send what storage does not have yet. Throws Problem, or AbortError when the signal says so. */
export async function send(
  file: File,
  mediaId: string,
  to: Instructions,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  if (to.method === 'PUT') {
    await persistently(async (attempt) => {
      const now = attempt ? (await look(mediaId, signal)).upload : to
      if (now?.method === 'PUT') await put(now.url, file, now.headers, onSent, signal)
    }, signal)
    return
  }
  const missing = to.parts.filter((part) => part.url)
  const inFlight = new Map<number, number>()
  let done = to.parts.filter((part) => part.etag).reduce((sum, part) => sum + part.size_bytes, 0)
  const report = () => onSent(done + [...inFlight.values()].reduce((sum, bytes) => sum + bytes, 0))
  report()
  const worker = async () => {
    for (let part = missing.shift(); part; part = missing.shift()) {
      const { number, size_bytes: size } = part
      const start = (number - 1) * to.part_size_bytes
      const piece = file.slice(start, start + size)
      await persistently(async (attempt) => {
        const url = attempt ? await freshUrl(mediaId, number, signal) : part?.url
        if (!url) return // storage has it after all
        await put(
          url,
          piece,
          {},
          (bytes) => {
            inFlight.set(number, bytes)
            report()
          },
          signal,
        )
      }, signal)
      inFlight.delete(number)
      done += size
      report()
    }
  }
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, worker))
  await call('POST', `/v1/uploads/${mediaId}/complete`, { body: {}, signal, idempotencyKey: crypto.randomUUID() })
}

async function freshUrl(mediaId: string, number: number, signal: AbortSignal): Promise<string | null> {
  const { upload } = await look(mediaId, signal)
  return upload?.method === 'MULTIPART' ? (upload.parts.find((part) => part.number === number)?.url ?? null) : null
}

/** Signed addresses run out and lines break: with a fresh address after a pause, until it is clear that it is no accident. */
async function persistently(work: (attempt: number) => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await work(attempt)
      return
    } catch (error) {
      const pause = RETRY_AFTER_MS[attempt]
      const isPassing = error instanceof Problem && (error.status === 0 || error.status === 403 || error.status >= 500)
      if (signal.aborted || !isPassing || pause === undefined) throw error
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}

/** fetch tells nothing of how much was sent; XMLHttpRequest does. */
function put(
  url: string,
  body: Blob,
  headers: Record<string, string>,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const abort = () => request.abort()
    signal.addEventListener('abort', abort, { once: true })
    request.open('PUT', url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.onprogress = (event) => onSent(event.loaded)
    request.onload = () => {
      // 412: an earlier attempt had arrived, only its answer was lost.
      if (request.status < 300 || request.status === 412) resolve()
      else reject(new Problem(request.status, 'storage', t.problem.answered(request.status)))
    }
    request.onerror = () => reject(Problem.unreachable())
    request.onabort = () => reject(new DOMException('aborted', 'AbortError'))
    request.onloadend = () => signal.removeEventListener('abort', abort)
    if (signal.aborted) reject(new DOMException('aborted', 'AbortError'))
    else request.send(body)
  })
}
