// Uploads without a network: they wait for it, and go on by themselves.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './loading.mjs'

const stored = new Map([['visionary.session', '{"user":"dora","refreshToken":"a-refresh-token"}']])
const listeners = new Map()
const keys = []
const MEDIA = { id: 'a-media-id', filename: 'letter.txt', status: 'ready', collection_ids: [] }

Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { onLine: true } })
Object.assign(globalThis, {
  document: { documentElement: { dataset: {}, lang: 'en' }, baseURI: 'https://page.example/' },
  location: { hash: '', href: 'https://page.example/' },
  history: { scrollRestoration: 'auto', state: null },
  addEventListener: (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener]),
  localStorage: { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value) },
  fetch: async (url, { method = 'GET', headers = {} } = {}) => {
    if (url === 'config.json') return Response.json({ api: 'api', identity: { endpoint: 'cognito', clientId: 'page' } })
    if (headers['x-amz-target']) return Response.json({ AuthenticationResult: { AccessToken: 'a-token', ExpiresIn: 3600 } })
    if (method === 'POST') keys.push(headers['idempotency-key'])
    if (!navigator.onLine) throw new TypeError('no network')
    if (url === 'api/v1/uploads') return Response.json({ media: MEDIA, upload: null })
    return Response.json(url.includes('/media/') ? MEDIA : { items: [], next_cursor: null })
  },
})

const { addFiles, uploads } = await load('uploads/uploads.ts')
const state = () => uploads.value[0]?.state
const until = async (isDone) => {
  for (let look = 0; !isDone() && look < 400; look++) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.ok(isDone(), state())
}
const disconnect = (isOffline) => {
  navigator.onLine = !isOffline
  for (const listener of listeners.get(isOffline ? 'offline' : 'online') ?? []) listener()
}

test('a file that is added without a network is uploaded once there is one', async () => {
  disconnect(true)
  addFiles([new File(['text'], 'letter.txt')])
  await until(() => state() === 'waiting' && keys.length === 1)
  assert.equal(uploads.value[0].reason, '')
  disconnect(false)
  await until(() => state() === 'ready')
  assert.equal(new Set(keys).size, 1, 'the same upload is started again')
})
