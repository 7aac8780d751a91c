// The speech marks of a long recording, which come in parts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'

const PART_MS = 10_000
const PARTS = 3
const requested = []
let release = () => undefined

class FakeAudio extends EventTarget {
  readyState = 0
  currentTime = 0
  play = async () => undefined
  pause() {}
  load() {}
  removeAttribute() {}
}
Object.assign(globalThis, {
  Audio: FakeAudio,
  document: { documentElement: { dataset: {}, lang: 'en' }, baseURI: 'http://page.test/' },
  localStorage: { getItem: () => null, setItem: () => undefined },
  location: { hash: '', href: 'http://page.test/' },
  history: { state: null, replaceState: () => undefined },
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
  cancelAnimationFrame: () => undefined,
  fetch: async (url) => {
    if (String(url).includes('config.json')) return Response.json({ api: 'http://api.test' })
    const fromMs = Number(new URL(url).searchParams.get('from_ms'))
    requested.push(fromMs)
    if (fromMs) await new Promise((resolve) => (release = resolve))
    const starts = Array.from({ length: 10 }, (_, index) => fromMs + index * 1000)
    return Response.json({
      duration_ms: fromMs + PART_MS,
      complete: fromMs === (PARTS - 1) * PART_MS,
      words: starts.map((ms) => [ms, ms + 900, ms, ms + 5]), // a position in the text for each millisecond
      skippable: [],
    })
  },
})
Object.defineProperty(globalThis, 'navigator', { value: { languages: ['en'], onLine: true }, configurable: true })

const { load } = await import('./loading.mjs')
const { readShare } = await load('api/share.ts')
const { loadConfig } = await load('platform/config.ts')
const { Listening } = await load('listening/listening.ts')
const { close } = await load('playing/control.ts')
await loadConfig()
readShare('/v1/shared/token')

const JOB = { id: 'job', media_id: 'media', status: 'done', start: 0, end: PARTS * PART_MS, duration_ms: PARTS * PART_MS, text_version: 1 }
const open = async (options) => {
  requested.length = 0
  const text = { chapters: [], ensureLoaded: async () => undefined, sentenceAt: (position) => [position, position] }
  const listening = new Listening({ id: 'media', title: 'Long' }, text)
  void listening.load(JOB, { play: false, ...options })
  await until(() => listening.words.peek().length)
  return listening
}
const until = async (condition) => {
  for (let turns = 0; !condition(); turns++) {
    assert.ok(turns < 10_000, `not reached: ${condition}`)
    await turn()
  }
}
const releaseAll = (listening) =>
  until(() => {
    release()
    return listening.words.peek().length === PARTS * 10
  })

test('a long recording can be played as soon as the first part of its marks is there, and all parts are loaded', async () => {
  const listening = await open({})
  await until(() => listening.player.isAttached)
  assert.equal(listening.words.peek().length, 10)
  assert.equal(listening.word.peek(), undefined, 'nothing is heard before it plays')
  await releaseAll(listening)
  assert.deepEqual(requested, [0, PART_MS, 2 * PART_MS])
  assert.equal(listening.playableMs.peek(), PARTS * PART_MS)
  listening.dispose()
})

test('a word whose marks are not there yet is none, not the last one that is', async () => {
  const listening = await open({})
  listening.seek(25_000)
  assert.equal(listening.word.peek(), undefined)
  await releaseAll(listening)
  assert.equal(listening.textPosition.peek(), 25_000)
  listening.dispose()
})

test('a start in a later part waits for its time', async () => {
  const listening = await open({ startAt: 22_000 })
  assert.equal(listening.player.isAttached, false, 'otherwise the beginning would be heard')
  await releaseAll(listening)
  await until(() => listening.player.isAttached)
  assert.equal(listening.positionMs.peek(), 22_000)
  listening.dispose()
})

test('a press on a later part is followed when its time is known', async () => {
  const listening = await open({})
  assert.equal(listening.playFrom(21_000), true)
  assert.equal(listening.playFrom(PARTS * PART_MS), false, 'not in the recording')
  await releaseAll(listening)
  await until(() => listening.positionMs.peek() === 21_000)
  close()
  listening.dispose()
})
