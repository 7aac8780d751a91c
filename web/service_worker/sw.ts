// The service worker: the page starts without a network, and shows what is kept on this device. It is built into one file, sw.js, and
// imports nothing. Requests to the API never pass it, except for the audio and video of what is kept. It also receives what other apps
// share with this one.
const worker = self as unknown as ServiceWorkerGlobalScope
/** The files of this build: those of the first screen, and all others that a page can ask for. Set by vite.config.ts. */
declare const SHELL_FILES: string[]
declare const OTHER_FILES: string[]
declare const BUILD: string

const SHELL = `visionary-shell-${BUILD}`
const SHELLS = /^visionary-shell-/
const OBJECTS = 'visionary-objects-' // as in platform/deviceStore.ts
const RECEIVED = 'visionary-received' // as in platform/deviceStore.ts
const NAVIGATION_TIMEOUT_MS = 4000 // a slow network is no better than none when the page is on the device
/** False if no document is kept: then their files are not looked for. */
let keepsObjects = true
void caches.keys().then((names) => {
  keepsObjects = names.some((name) => name.startsWith(OBJECTS))
})
const SHARE_TARGET = new URL('share-target', worker.registration.scope).href // as in the manifest
const STREAM = /\/v1\/(speech\/[^/]+\/audio|media\/stream\/[^/]+)$/ // addresses of the API for media elements

worker.addEventListener('install', (event) => {
  event.waitUntil(install())
})

async function install(): Promise<void> {
  const cache = await caches.open(SHELL)
  await cache.addAll(['./', ...SHELL_FILES].map((path) => new Request(path, path.startsWith('assets/') ? {} : { cache: 'reload' })))
  const entry = await (await cache.match('./'))?.text()
  if (!SHELL_FILES.some((path) => path.endsWith('.js') && entry?.includes(path))) throw new Error('the page is of another build')
  await worker.skipWaiting()
}

worker.addEventListener('activate', (event) => {
  event.waitUntil(activate())
})

async function activate(): Promise<void> {
  // The build before is kept for the pages that are still open.
  const shells = (await caches.keys()).filter((name) => SHELLS.test(name) && name !== SHELL)
  await Promise.all(shells.slice(0, -1).map((name) => caches.delete(name)))
  // Firefox ends a navigation whose preload finds no network, although this worker has the page. Releases before enabled it.
  await worker.registration.navigationPreload?.disable()
  await worker.clients.claim()
}

worker.addEventListener('message', (event) => {
  if (event.data !== 'keep-all-files') return
  keepsObjects = true
  event.waitUntil(keepAllFiles().then(() => event.ports[0]?.postMessage('done')))
})

/** Store all files of the page, because a document that is kept may need any of them. */
async function keepAllFiles(): Promise<void> {
  const cache = await caches.open(SHELL)
  const stored = new Set((await cache.keys()).map((request) => request.url))
  for (const path of OTHER_FILES)
    if (!stored.has(new URL(path, worker.registration.scope).href)) await cache.add(path).catch(() => undefined)
}

worker.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method === 'POST' && request.url === SHARE_TARGET) event.respondWith(receive(request))
  if (request.method !== 'GET') return
  const url = new URL(request.url)
  const isOwn = url.origin === worker.location.origin
  if (request.mode === 'navigate') {
    if (url.href.split(/[?#]/)[0] === worker.registration.scope) event.respondWith(navigate(request))
  } else if (isOwn && !url.pathname.includes('/api/')) event.respondWith(url.pathname.includes('/assets/') ? asset(request) : file(request))
  else if (keepsObjects && (url.searchParams.has('X-Amz-Signature') || (isOwn && STREAM.test(url.pathname))))
    event.respondWith(object(request))
})

/** The newest page that can be had within seconds, or the one that is stored. */
async function navigate(request: Request): Promise<Response> {
  const fresh = fetch(request)
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, NAVIGATION_TIMEOUT_MS))
  const response = await Promise.race([fresh, late]).catch(() => undefined)
  if (response && response.status < 500) return response
  return (await storedFile('./')) ?? fresh
}

/** A file with a hash of its content in its name. */
async function asset(request: Request): Promise<Response> {
  const stored = await storedFile(request.url)
  if (stored) return stored
  const response = await fetch(request)
  if (response.ok) void store(request, response.clone())
  return response
}

async function store(request: Request, response: Response): Promise<void> {
  const cache = await caches.open(SHELL)
  await cache.put(request, response).catch(() => undefined) // the disk is full
}

/** A file that a release replaces, such as config.json. */
async function file(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    const stored = await storedFile(request.url)
    if (stored) return stored
    throw error
  }
}

async function storedFile(path: string): Promise<Response | undefined> {
  const current = await caches.match(path, { cacheName: SHELL, ignoreVary: true })
  if (current) return current
  for (const name of (await caches.keys()).filter((other) => SHELLS.test(other)).reverse()) {
    const earlier = await caches.match(path, { cacheName: name, ignoreVary: true })
    if (earlier) return earlier
  }
  return undefined
}

/** A file of a kept document, whose address changes with each signature; from the network if it is not kept. */
async function object(request: Request): Promise<Response> {
  const stored = await caches.match(request.url.split('?')[0] ?? '', { ignoreVary: true }).catch(() => undefined)
  if (!stored) return fetch(request)
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get('range') ?? '')
  return range ? await slice(stored, Number(range[1]), range[2] ? Number(range[2]) : null) : stored
}

async function slice(response: Response, start: number, last: number | null): Promise<Response> {
  const content = await response.blob()
  const end = Math.min(content.size, last === null ? content.size : last + 1)
  if (start >= content.size) return new Response(null, { status: 416, headers: { 'content-range': `bytes */${content.size}` } })
  const headers = {
    'content-type': response.headers.get('content-type') ?? '',
    'content-range': `bytes ${start}-${end - 1}/${content.size}`,
    'content-length': String(end - start),
    'accept-ranges': 'bytes',
  }
  return new Response(content.slice(start, end), { status: 206, headers })
}

/** Store what another app shares, instead of what came before, and open the page, which asks what to do with it. */
async function receive(request: Request): Promise<Response> {
  const stored = request.formData().then(storeReceived)
  await stored.catch(() => caches.delete(RECEIVED)) // the disk is full, or it is no form: the page finds nothing, and says so
  return Response.redirect(`${worker.registration.scope}?received`, 303)
}

async function storeReceived(form: FormData): Promise<void> {
  await caches.delete(RECEIVED)
  const cache = await caches.open(RECEIVED)
  const textOf = (value: FormDataEntryValue | null) => (typeof value === 'string' ? value : '')
  const texts = Object.fromEntries(['title', 'text', 'url'].map((name) => [name, textOf(form.get(name))]))
  const files = form.getAll('files').filter((value) => value instanceof File)
  for (const [index, file] of files.entries())
    await cache.put(`${SHARE_TARGET}/files/${index}/${encodeURIComponent(file.name)}`, new Response(file))
  await cache.put(`${SHARE_TARGET}/texts`, Response.json(texts))
}
