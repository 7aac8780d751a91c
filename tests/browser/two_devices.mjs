// Two devices of one user: two browsers' worth of storage, with the page's own modules for changes, its queue in IndexedDB and the API's
// real routes. They go offline and come back at random, responses are lost, and one clock is wrong. Many documents are interleaved.
// Standard input: {"web", "programs", "user", "password", "media": [ids], "steps", "seed"}
// Standard output: {"expected", "found", "places", "waiting", "requests", "lost"}
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { start } from './chromium.mjs'

const LOST_SHARE = 0.03     // of responses: the change has arrived, and is sent again
const MINUTE_MS = 60_000
const TEXT_LENGTH = 200

const job = JSON.parse(readFileSync(0, 'utf8'))
const source = fileURLToPath(new URL('../../web/src/', import.meta.url))
const bundle = await build({
  stdin: {
    contents: `export { signIn } from '${source}api/session'
      export { call } from '${source}api/client'
      export { createAnnotation, updateAnnotation, deleteAnnotation } from '${source}annotations/writes'
      export { savePosition } from '${source}library/positions'
      export { list, send } from '${source}offline/outbox'`,
    resolveDir: source,
  },
  bundle: true, write: false, format: 'iife', globalName: 'app', target: 'es2022', logLevel: 'error',
}).then(({ outputFiles }) => outputFiles[0].text)

/** Random numbers that a seed determines (mulberry32). */
function generator(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
const random = generator(job.seed)
const below = (count) => Math.floor(random() * count)
const oneOf = (items) => items[below(items.length)]
const uuid = () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`
const hex = (length) => Array.from({ length }, () => below(16).toString(16)).join('')

const browser = await start(job.programs[0])
let requests = 0
let lost = 0

async function openDevice(clockErrorMs) {
  const context = await browser.newContext({ serviceWorkers: 'block', bypassCSP: true })
  await context.addInitScript((errorMs) => {
    const True = Date
    globalThis.Date = class extends True {
      constructor(...parts) {
        super(...(parts.length ? parts : [True.now() + errorMs]))
      }
      static now = () => True.now() + errorMs
    }
  }, clockErrorMs)
  await context.route(/\/v1\/(media\/[^/]+\/(annotations|position)|annotations\/)/, async (route) => {
    requests++
    if (route.request().method() === 'GET' || random() > LOST_SHARE) return route.continue()
    lost++
    await route.fetch().catch(() => undefined)
    await route.abort().catch(() => undefined)
  })
  const page = await context.newPage()
  await page.goto(`${job.web}/config.json`)     // of the page's origin, without the page itself
  await page.addScriptTag({ content: `${bundle}; globalThis.app = app` })
  await page.evaluate(({ user, password }) => app.signIn(user, password), job)
  return { context, page, isOffline: false, known: new Map(job.media.map((id) => [id, []])) }
}

const DAY_MS = 24 * 60 * MINUTE_MS
const devices = [await openDevice(0), await openDevice((below(800) - 400) * DAY_MS + below(DAY_MS))]
const expected = Object.fromEntries(job.media.map((id) => [id, {}]))     // notes by annotation
const places = {}
const began = Date.now()
let step = 0

async function connect(device, isConnected) {
  device.isOffline = !isConnected
  await device.context.setOffline(!isConnected)
  if (isConnected) await device.page.evaluate(() => app.send())
}

const actions = {
  async create(device, media) {
    const id = uuid()
    const annotation = await device.page.evaluate(
      ([mediaId, annotationId, start]) =>
        app.createAnnotation(mediaId, annotationId, { kind: 'bookmark', start, end: start, page: null, quote: null }),
      [media, id, below(TEXT_LENGTH)],
    )
    device.known.get(media).push(annotation)
    expected[media][id] = null
  },
  async note(device, media) {
    const annotation = oneOf(device.known.get(media))
    if (!annotation) return
    const note = `note ${step}`
    await device.page.evaluate(([changed, text]) => app.updateAnnotation(changed, { note: text }), [annotation, note])
    expected[media][annotation.id] = note
  },
  async remove(device, media) {
    const known = device.known.get(media)
    const [annotation] = known.splice(below(known.length), 1)
    if (!annotation) return
    await device.page.evaluate((removed) => app.deleteAnnotation(removed), annotation)
    delete expected[media][annotation.id]
  },
  async read(device, media) {
    const offset = below(TEXT_LENGTH)
    const ageMs = 30 * DAY_MS + (Date.now() - began) - step * MINUTE_MS     // a minute between two steps: a request takes less
    await device.page.evaluate(
      ([mediaId, at, age]) => app.savePosition(mediaId, { text_offset: at }, new Date(Date.now() - age)),
      [media, offset, ageMs],
    )
    places[media] = offset
  },
}
const CHOICES = ['create', 'create', 'note', 'remove', 'read']
const SWITCH_SHARE = 0.08     // of the steps: a device loses its network, or finds it again

for (; step < job.steps; step++) {
  const device = oneOf(devices)
  if (random() < SWITCH_SHARE) await connect(device, device.isOffline)
  await actions[oneOf(CHOICES)](device, oneOf(job.media))
}
for (const device of devices) await connect(device, true)
const waiting = []
for (const { page } of devices) {
  await page.waitForFunction(async () => (await app.list()).length === 0 && localStorage.getItem('visionary.waitingWrites') === null)
  waiting.push(await page.evaluate(async () => (await app.list()).length))
}
const [{ page }] = devices
const found = {}
const foundPlaces = {}
for (const media of job.media) {
  const listed = await page.evaluate(async (id) => {
    const items = []
    let cursor = null
    do {
      const list = await app.call('GET', `/v1/media/${id}/annotations`, { query: { limit: 100, cursor } })
      items.push(...list.items)
      cursor = list.next_cursor
    } while (cursor)
    return items.map(({ id: annotation, note }) => [annotation, note])
  }, media)
  found[media] = Object.fromEntries(listed)
  foundPlaces[media] = await page.evaluate(async (id) => (await app.call('GET', `/v1/media/${id}`)).position?.text_offset ?? null, media)
}
await browser.close()
process.stdout.write(JSON.stringify({ expected, found, places, foundPlaces, waiting, requests, lost }), () => process.exit())
