// What plays after a playback has ended, and what the user decides while that is still loading.
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { load } from './loading.mjs'

const stored = new Map([['visionary.session', '{"user":"dora","refreshToken":"a-refresh-token"}']])
let queued = []
/** What the next request for a media does: it calls `reach` and waits for `released`. */
let held = null

// Timers of a playback do not hold up the end of the tests.
const { setInterval: start } = globalThis
globalThis.setInterval = (...parameters) => start(...parameters).unref()

/** A sound: it plays when it is told to. */
class Sound extends EventTarget {
  paused = true
  duration = 4
  currentTime = 0
  readyState = 4
  style = {}
  async play() {
    this.paused = false
    this.dispatchEvent(new Event('play'))
  }
  pause() {
    this.paused = true
    this.dispatchEvent(new Event('pause'))
  }
  load() {}
  remove() {}
  removeAttribute() {}
}

const mediaOf = (id) => ({
  id,
  title: id,
  media_type: 'audio/mpeg',
  status: 'ready',
  duration_ms: 4000,
  metadata: { creators: [] },
  position: null,
})
const answers = {
  'GET /v1/account/queue': () => ({ media: queued.map(mediaOf) }),
  'PUT /v1/account/queue': ({ media_ids }) => {
    queued = media_ids
    return { media: queued.map(mediaOf) }
  },
}

Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { onLine: true, languages: ['en'] } })
Object.assign(globalThis, {
  document: { documentElement: { dataset: {}, lang: 'en' }, baseURI: 'https://page.example/', createElement: () => new Sound() },
  location: { hash: '', href: 'https://page.example/' },
  history: { scrollRestoration: 'auto', state: null },
  localStorage: {
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => stored.set(key, value),
    removeItem: (key) => stored.delete(key),
  },
  addEventListener: () => undefined,
  requestAnimationFrame: () => 0,
  cancelAnimationFrame: () => undefined,
  HTMLAudioElement: Sound,
  BroadcastChannel: class {
    postMessage() {}
    close() {}
  },
  fetch: async (url, { method = 'GET', headers = {}, body } = {}) => {
    if (url === 'config.json') return Response.json({ api: 'api', identity: { endpoint: 'cognito', clientId: 'page' } })
    if (headers['x-amz-target']) return Response.json({ AuthenticationResult: { AccessToken: 'a-token', ExpiresIn: 3600 } })
    const path = url.replace(/^api/, '').split('?')[0]
    const [, id, part] = path.match(/^\/v1\/media\/([^/]+)\/?(\w*)/) ?? []
    if (id && !part && held) {
      const { reach, released } = held
      held = null
      reach()
      await released
    }
    const answer =
      answers[`${method} ${path}`]?.(body && JSON.parse(body)) ??
      { '': mediaOf(id), chapters: { items: [] }, capability: { path: '/sound' } }[part]
    return Response.json(answer ?? {}, { headers: { etag: '"1"' } })
  },
})

const { withScreenTexts } = await load('texts/index.ts')
await withScreenTexts(Promise.resolve())
const { FilePlayback } = await load('playing/filePlayback.ts')
const { close } = await load('playing/control.ts')
const { nowPlaying, sleepAt, whenFinished } = await load('playing/nowPlaying.ts')
const { advance, playQueued } = await load('queue/queue.ts')

let advancing = Promise.resolve()
whenFinished((ended) => (advancing = advance(ended)))

const titlePlaying = () => nowPlaying.peek()?.media.id ?? null

/** Hold the next request for a media. Returns the promise of its arrival and the function that lets it go on. */
function holdMedia() {
  let release
  const released = new Promise((resolve) => (release = resolve))
  const reached = new Promise((resolve) => (held = { reach: resolve, released }))
  return { reached, release }
}

/** Play a sound to its end. */
function playToEnd(id) {
  const playback = new FilePlayback(mediaOf(id))
  playback.play()
  playback.element.dispatchEvent(new Event('ended'))
  return playback
}

beforeEach(() => {
  close()
  queued = ['second', 'third']
  held = null
  advancing = Promise.resolve()
})

test('the next one plays, and has left the queue', async () => {
  playToEnd('first')
  await advancing
  assert.equal(titlePlaying(), 'second')
  assert.deepEqual(queued, ['third'])
})

test('the sleep timer goes on with the next one, and ends with the player', async () => {
  const due = Date.now() + 60_000
  sleepAt.value = due
  playToEnd('first')
  await advancing
  assert.deepEqual([titlePlaying(), sleepAt.peek()], ['second', due])
  close()
  assert.equal(sleepAt.peek(), null)
})

test('a sleep timer that was due while nothing played does not pause what is started later', () => {
  sleepAt.value = Date.now() - 1
  new FilePlayback(mediaOf('first')).play()
  assert.deepEqual([titlePlaying(), sleepAt.peek()], ['first', null])
})

test('nothing follows a playback whose last chapter the sleep timer waited for', async () => {
  sleepAt.value = 'chapter'
  const playback = playToEnd('first')
  await advancing
  assert.deepEqual([nowPlaying.peek(), playback.isPlayRequested.peek(), sleepAt.peek()], [playback, false, null])
  assert.deepEqual(queued, ['second', 'third'])
})

for (const [decision, decide, expected] of [
  ['the player is closed', close, null],
  ['something else is started', () => new FilePlayback(mediaOf('other')).play(), 'other'],
  ['the one before is played again', () => nowPlaying.peek().play(), 'first'],
])
  test(`the next one neither plays nor leaves the queue if ${decision} while it is loading`, async () => {
    const { reached, release } = holdMedia()
    playToEnd('first')
    await reached
    decide()
    release()
    await advancing
    assert.equal(titlePlaying(), expected)
    assert.deepEqual(queued, ['second', 'third'])
  })

test('of two that are chosen from the queue, the second one plays', async () => {
  const { reached, release } = holdMedia()
  const choosing = playQueued(mediaOf('second'))
  await reached
  await playQueued(mediaOf('third'))
  release()
  await choosing
  assert.equal(titlePlaying(), 'third')
  assert.deepEqual(queued, ['second'])
})
