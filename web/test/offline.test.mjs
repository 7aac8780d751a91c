// What is kept on this device: it follows the server, needs room, and its loss is told. What waits there is counted before signing out.
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { load } from './loading.mjs'

const SESSION = '{"user":"dora","refreshToken":"a-refresh-token"}'
const ADDRESS = 'https://page.example/'
const stored = new Map([['visionary.session', SESSION]])
const listeners = new Map()
const held = new Set()
let caches = new Map()
let writes = []
let estimate = { quota: 1_000_000_000, usage: 0 }
let isFull = false
let isServerDown = false
let requests = []
let answers = {}
const issueToken = () => Response.json({ AuthenticationResult: { AccessToken: 'a-token', ExpiresIn: 0 } })
let renewal = issueToken

// A message that stays for seconds does not hold up the end of the tests.
const { setTimeout: start } = globalThis
globalThis.setTimeout = (act, ms, ...parameters) => (ms >= 1000 ? start(act, ms, ...parameters).unref() : start(act, ms, ...parameters))

const urlOf = (request) => new URL(typeof request === 'string' ? request : request.url, ADDRESS).href
const cacheOf = (name) => {
  if (!caches.has(name)) caches.set(name, new Map())
  const entries = caches.get(name)
  return {
    put: async (request, response) => {
      if (isFull) throw new DOMException('no room', 'QuotaExceededError')
      entries.set(urlOf(request), response)
    },
    match: async (request) => entries.get(urlOf(request))?.clone(),
    matchAll: async () => [...entries.values()].map((response) => response.clone()),
    keys: async () => [...entries.keys()].map((url) => ({ url })),
    delete: async (request) => entries.delete(urlOf(request)),
  }
}

const remove = (number) => {
  writes = writes.filter((write) => write.number !== number)
  return {}
}

/** An IndexedDB with the writes that wait. */
const indexedDB = {
  open() {
    const request = {
      result: {
        close: () => undefined,
        transaction() {
          const transaction = {
            objectStore: () => ({
              getAll: () => ({ result: [...writes] }),
              add: (write) => {
                writes.push({ ...write, number: writes.length + 1 })
                return {}
              },
              delete: remove,
              openCursor: () => {
                const cursor = {}
                const left = [...writes]
                const next = () => {
                  const value = left.shift()
                  cursor.result = value ? { value, delete: () => remove(value.number), continue: next } : null
                  cursor.onsuccess()
                }
                queueMicrotask(next)
                return cursor
              },
            }),
          }
          start(() => transaction.oncomplete(), 1)
          return transaction
        },
      },
    }
    queueMicrotask(() => request.onsuccess())
    return request
  },
}

Object.defineProperty(globalThis, 'navigator', {
  configurable: true,
  value: {
    onLine: true,
    languages: ['en'],
    locks: {
      request: (_, action) => action(),
      query: async () => ({ held: [...held].map((name) => ({ name })) }),
    },
    storage: { estimate: async () => estimate, persist: async () => false },
  },
})
Object.assign(globalThis, {
  indexedDB,
  document: { documentElement: { dataset: {}, lang: 'en' }, baseURI: ADDRESS },
  location: { hash: '', href: ADDRESS },
  history: { scrollRestoration: 'auto', state: null },
  localStorage: {
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => stored.set(key, value),
    removeItem: (key) => stored.delete(key),
  },
  addEventListener: (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener]),
  caches: {
    open: async (name) => cacheOf(name),
    keys: async () => [...caches.keys()],
    delete: async (name) => caches.delete(name),
    match: async (request, { cacheName }) => caches.get(cacheName)?.get(urlOf(request))?.clone(),
  },
  fetch: async (url, { method = 'GET', headers = {} } = {}) => {
    if (url === 'config.json') return Response.json({ api: 'api', identity: { endpoint: 'cognito', clientId: 'page' } })
    if (headers['x-amz-target']) return renewal()
    if (held.has('network')) await new Promise((resolve) => start(resolve, 20))
    if (!navigator.onLine || isServerDown) throw new TypeError('no network')
    const action = `${method} ${url.replace(/^api/, '').split('?')[0]}`
    requests.push(action)
    const answer = answers[action]
    if (answer instanceof Response) return answer.clone()
    return answer ? Response.json(answer) : Response.json({ code: 'not_found', message: 'not found' }, { status: 404 })
  },
})

const { withScreenTexts } = await load('texts/index.ts')
await withScreenTexts(Promise.resolve())
const { keptMedia, recordKept } = await load('platform/keptMedia.ts')
const { keep, lockOf, renew } = await load('offline/keep.ts')
const { keepAgain, reportEviction } = await load('offline/eviction.ts')
const { renewKept } = await load('offline/renewal.ts')
const { isSignedIn } = await load('api/session.ts')
const { countUnsent, send } = await load('offline/outbox.ts')
const { callOrQueue } = await load('offline/queuedCall.ts')
const { positionOf, savePosition } = await load('library/positions.ts')
const { storedAnswer } = await load('platform/deviceStore.ts')

const LETTER = { id: 'letter', title: 'Letter', media_type: 'text/plain', size_bytes: 100, word_count: 3, text_version: 1 }
const serve = (media, text) => {
  answers[`GET /v1/media/${media.id}`] = media
  answers[`GET /v1/media/${media.id}/text`] = { text, start: 0, length: text.length, chapters: [] }
  answers[`GET /v1/media/${media.id}/annotations`] = { items: [], next_cursor: null }
  answers[`GET /v1/media/${media.id}/speech`] ??= { items: [], next_cursor: null }
}
const storedText = async () => {
  const [url] = [...caches.get('visionary-answers').keys()].filter((key) => /letter\/text/.test(key))
  return (await storedAnswer(url.slice(`${ADDRESS}device`.length))).text
}
const disconnect = (isOffline) => {
  navigator.onLine = !isOffline
  for (const listener of listeners.get(isOffline ? 'offline' : 'online') ?? []) listener()
}

beforeEach(() => {
  for (const id of Object.keys(keptMedia.value)) recordKept(id, null)
  caches = new Map()
  writes = []
  requests = []
  answers = { 'GET /v1/account/preferences': {} }
  estimate = { quota: 1_000_000_000, usage: 0 }
  isFull = false
  held.clear()
  stored.delete('visionary.waitingWrites')
  stored.delete('visionary.keptCursor')
  serve(LETTER, 'one')
})

test('a media begins at the place that is still on its way, with the progress that was known', async () => {
  const position = (text_offset, fraction, updated_at) => ({ text_offset, page: null, time_ms: null, zoom: null, fraction, updated_at })
  const media = { ...LETTER, position: position(100, 0.1, '2026-01-01T00:00:00Z') }
  const place = () => [positionOf(media).text_offset, positionOf(media).fraction]
  answers['PUT /v1/media/letter/position'] = position(900, 0.9, '2026-01-02T00:00:00Z')
  const saving = savePosition('letter', { text_offset: 900 }, new Date('2026-01-02T00:00:00Z'))
  assert.deepEqual(place(), [900, 0.1])
  await saving
  assert.deepEqual(place(), [900, 0.9])
  disconnect(true)
  await savePosition('letter', { text_offset: 950 }, new Date('2026-01-03T00:00:00Z'))
  assert.deepEqual(place(), [950, 0.1])
  disconnect(false)
})

test('a kept document whose text has changed is stored again, and only that one', async () => {
  serve({ ...LETTER, id: 'other' }, 'other')
  await keep(LETTER)
  await keep({ ...LETTER, id: 'other' })
  answers['GET /v1/changes'] = { items: [], next_cursor: 'c1', has_more: false }
  await renewKept()
  assert.equal(await storedText(), 'one')
  requests = []
  serve({ ...LETTER, title: 'The letter', text_version: 2 }, 'two')
  answers['GET /v1/changes'] = { items: [{ kind: 'media', id: 'letter', media_id: null }], next_cursor: 'c2', has_more: false }
  await renewKept()
  assert.equal(await storedText(), 'two')
  assert.equal(keptMedia.value.letter.title, 'The letter')
  assert.deepEqual(
    requests.filter((action) => action.includes('other')),
    [],
  )
  requests = []
  await renew('letter') // nothing has changed: no text is loaded
  assert.ok(!requests.includes('GET /v1/media/letter/text'), requests.join())
})

test('a kept document that was deleted elsewhere is removed', async () => {
  await keep(LETTER)
  answers = { 'GET /v1/changes': { items: [], next_cursor: 'c1', has_more: false } }
  await renewKept()
  assert.deepEqual([Object.keys(keptMedia.value), caches.has('visionary-objects-letter')], [[], false])
})

test('a place that was read makes no kept document another one', async () => {
  await keep(LETTER)
  stored.set('visionary.keptCursor', 'c1')
  answers['GET /v1/changes'] = { items: [{ kind: 'position', id: 'letter', media_id: 'letter' }], next_cursor: 'c2', has_more: false }
  requests = []
  await renewKept()
  assert.deepEqual(requests, ['GET /v1/changes'])
  assert.equal(stored.get('visionary.keptCursor'), 'c2')
})

test('what the browser has removed is listed as removed until it is kept again', async () => {
  await keep(LETTER)
  caches = new Map()
  await reportEviction()
  assert.equal(keptMedia.value.letter.isEvicted, true)
  await keepAgain('letter')
  assert.deepEqual([keptMedia.value.letter.isEvicted, keptMedia.value.letter.isComplete], [undefined, true])
  assert.equal(await storedText(), 'one')
})

test('what another tab is storing is left alone, what no tab stores any more is removed', async () => {
  recordKept('letter', { id: 'letter', title: 'Letter', sizeBytes: 0, isComplete: false, keptAt: '', jobIds: [] })
  held.add(lockOf('letter'))
  await reportEviction()
  assert.ok('letter' in keptMedia.value)
  held.clear()
  await reportEviction()
  assert.ok(!('letter' in keptMedia.value))
})

test('nothing is kept where the room does not suffice', async () => {
  estimate = { quota: 20_000_100, usage: 0 }
  await assert.rejects(keep(LETTER), { code: 'no_space', message: /needs about 0.2.kB, but only 0.1.kB are free/ })
  assert.deepEqual(keptMedia.value, {})
  estimate = {} // an engine that does not tell
  isFull = true
  await assert.rejects(keep(LETTER), { code: 'no_space', message: /“Letter” does not fit on this device/ })
  assert.deepEqual(keptMedia.value, {})
})

test('changes that wait are counted before signing out, after what can be sent', async () => {
  const write = { method: 'PUT', path: '/v1/notes', owner: 'dora' }
  const wait = () => {
    writes = [
      { ...write, number: 1 },
      { ...write, number: 2 },
      { ...write, number: 3, owner: 'edith' },
    ]
    stored.set('visionary.waitingWrites', '1')
  }
  assert.equal(await countUnsent(), 0)
  wait()
  disconnect(true)
  assert.equal(await countUnsent(), 2)
  assert.deepEqual(requests, [])
  answers['PUT /v1/notes'] = {}
  answers['GET /health/live'] = {}
  disconnect(false)
  while (!requests.includes('GET /health/live')) await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(await countUnsent(), 0)
  assert.deepEqual(requests.filter((action) => action === 'PUT /v1/notes').length, 2)
})

test('a change that finds no server is kept before another attempt: the page may be closed', async () => {
  isServerDown = true
  const startedAt = performance.now()
  await callOrQueue({ method: 'PUT', path: '/v1/notes', body: {} }, {})
  isServerDown = false
  assert.ok(performance.now() - startedAt < 250, 'the first attempt that is repeated comes after 300 ms')
  assert.deepEqual(
    writes.map(({ path, owner }) => [path, owner]),
    [['/v1/notes', 'dora']],
  )
})

test('a change waits until the API itself has answered', async () => {
  const refuseRenewal = (code) => () => Response.json({ __type: code }, { status: 400 })
  const path = '/v1/notes'
  const { setTimeout: wait } = globalThis
  globalThis.setTimeout = (act, ms, ...parameters) => wait(act, ms < 2000 ? ms / 50 : ms, ...parameters) // between attempts
  const refused = (body, status) => new Response(body, { status, headers: { 'content-type': 'application/problem+json' } })
  for (const [renew, answer] of [
    [refuseRenewal('TooManyRequestsException'), {}],
    [issueToken, new Response('<html>Sign in to our network</html>')],
    [issueToken, new Response('<html>Forbidden</html>', { status: 403 })],
    [issueToken, refused('{"code":"rate_limited"}', 429)],
    [issueToken, refused('{"code":"unavailable"}', 503)],
  ]) {
    writes = [{ method: 'PUT', path, body: {}, owner: 'dora', number: 100 }]
    stored.set('visionary.waitingWrites', '1')
    renewal = renew
    answers[`PUT ${path}`] = answer
    await send()
    assert.equal(writes.length, 1)
  }
  globalThis.setTimeout = wait
  renewal = issueToken
  answers[`PUT ${path}`] = refused('{"code":"invalid"}', 422)
  await send()
  assert.deepEqual(writes, [])
})

test('a place that was tried first does not replace a later one', async () => {
  const put = (text_offset) =>
    callOrQueue({ method: 'PUT', path: '/v1/media/letter/position', body: { text_offset }, replaces: 'position letter' }, {})
  held.add('network')
  const first = put(1) // on its way when the network ends
  disconnect(true)
  await put(2)
  await first
  held.clear()
  disconnect(false)
  assert.deepEqual(
    writes.map(({ body }) => body),
    [{ text_offset: 2 }],
  )
})

test('a change outlives the session that it was made in', async () => {
  writes = [{ method: 'PUT', path: '/v1/notes', body: {}, owner: 'dora', number: 100 }]
  stored.set('visionary.waitingWrites', '1')
  renewal = () => Response.json({ __type: 'NotAuthorizedException' }, { status: 400 })
  await send()
  assert.equal(isSignedIn.value, false)
  assert.equal(writes.length, 1)
})
