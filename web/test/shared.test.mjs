// A share is read without an account: the places of its media are kept on the device.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './loading.mjs'

const stored = new Map()
Object.assign(globalThis, {
  document: { documentElement: { dataset: {}, lang: 'en' } },
  localStorage: { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value) },
  location: { hash: '#/shared/a-token' },
  history: { state: null },
  addEventListener: () => undefined,
  fetch: async (url) => assert.fail(`${url} was requested`),
})
Object.defineProperty(globalThis, 'navigator', { value: { languages: ['en'] }, configurable: true })

const { readShare } = await load('api/share.ts')
const { positionOf, savePosition } = await load('library/positions.ts')
const { startPlace } = await load('reader/place/readingPlace.ts')
const media = (id) => ({ id, position: null })
const kept = () => Object.keys(JSON.parse(stored.get('visionary.sharedPlaces')))

test('places in shared texts, pages and sounds are kept on the device, and nothing is requested', async () => {
  readShare('/v1/shared/a-token')
  assert.deepEqual(startPlace(media('text')), { textOffset: null, page: null, zoom: null, isSearchHit: false })
  await savePosition('text', { text_offset: 900 }, new Date())
  await savePosition('pages', { page: 12, zoom: 1.5 }, new Date())
  await savePosition('sound', { time_ms: 60_000 }, new Date())
  assert.deepEqual(startPlace(media('text')), { textOffset: 900, page: null, zoom: null, isSearchHit: false })
  assert.deepEqual([startPlace(media('pages')).page, startPlace(media('pages')).zoom], [12, 1.5])
  assert.equal(positionOf(media('sound')).time_ms, 60_000)
  assert.deepEqual(kept(), ['text', 'pages', 'sound'])
})

test('the device forgets the places that were left longest ago', async () => {
  for (let n = 0; n < 198; n++) await savePosition(`other-${n}`, { page: 2 }, new Date())
  await savePosition('pages', { page: 13 }, new Date())
  assert.equal(kept().length, 200)
  assert.deepEqual([positionOf(media('text')), positionOf(media('pages')).page], [null, 13])
})
