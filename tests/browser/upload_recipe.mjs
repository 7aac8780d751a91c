// Runs a recipe of docs/uploading.md in Chromium. Called by test_uploads.py with a job on standard input:
//   {recipe, packages, api, token, origin, files, interrupt?: {afterParts, uploadBytesPerS, keepsFiles}}
// Writes {ids, error, requests, …} to standard output, with part, status and size of every request to storage.
import { readFileSync } from 'node:fs'
import { pageWith, recipesOf } from './recipes.mjs'

const TIMEOUT_MS = 120_000
const job = JSON.parse(readFileSync(0, 'utf8'))

// ---- the page: the recipe of the document, and a few lines that report its result ----

const recipe = recipesOf('uploading.md')

const UPPY = `
uppy.on('upload-success', (file, { body }) => (window.ids ??= []).push(body.key.split('/').pop()))
uppy.on('upload-error', (file, error) => { window.failed = error.message })
uppy.on('restriction-failed', (file, error) => { window.failed = error.message })
uppy.on('complete', () => { window.finished = true })
window.uppy = uppy
document.querySelector('#file').onchange = ({ target }) => {
  for (const file of target.files) uppy.addFile({ name: file.name, type: file.type, data: file })
  uppy.upload()
}
`
const uploadChosenFile = (call) => `
document.querySelector('#file').onchange = ({ target }) => ${call}.then(
  (id) => { window.ids = [id]; window.finished = true }, (error) => { window.failed = error.message; window.finished = true })
`
const REPORTERS = {
  'fetch-put': uploadChosenFile('upload(target.files[0])'),
  'fetch-parts': uploadChosenFile('uploadInParts(target.files[0], (done) => { window.progress = done })'),
  'html-form': 'Object.assign(window, { startUpload })',
  'uppy5': UPPY,
  'uppy6': UPPY,
  'uppy6-sign': UPPY,
  'uppy6-resume': UPPY,
  'dropzone': `
dropzone.on('success', (file) => (window.ids ??= []).push(file.started.media.id))
dropzone.on('error', (file, message) => { window.failed = message })
dropzone.on('queuecomplete', () => { window.finished = true })
dropzone.hiddenFileInput.id = 'file'`,
  'filepond': `
pond.on('processfile', (error, file) => { if (!error) (window.ids ??= []).push(file.serverId) })
pond.on('error', (error) => { window.failed = error.body ?? error.main; window.finished = true })
pond.on('processfiles', () => { window.finished = true })
pond.on('init', () => { document.querySelector('.filepond--browser').id = 'file' })`,
}
const BODY = {
  'dropzone': '<div id="drop" style="width:200px;height:200px"></div>',
  'filepond': '<input id="pond" type="file" multiple>',
  'html-form': recipe('html-form'),
}
const isHtml = job.recipe === 'html-form'
const script = [recipe('call'), isHtml ? '' : recipe(job.recipe), REPORTERS[job.recipe], 'window.ready = true'].join('\n')
const { page, close } = await pageWith(job, { script, body: BODY[job.recipe] ?? '<input id="file" type="file" multiple>' })
const result = { started: [], ids: [], error: null, requests: [], console: [], sessions: 1 }
/** Return the time at which the presigned URL of a part expires. */
function expiresAt({ url }) {
  const { searchParams } = new URL(url)
  const signedAt = searchParams.get('X-Amz-Date').replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5')
  return Date.parse(signedAt) + Number(searchParams.get('X-Amz-Expires')) * 1000
}
try {
  const records = new Map()
  const offered = new Map()     // the first URL of each part
  page.on('request', (request) => {
    const url = new URL(request.url())
    const toStorage = url.searchParams.has('X-Amz-Signature') || (request.method() === 'POST' && url.pathname.split('/').length <= 3 && !request.url().startsWith(job.api))
    if (!toStorage || request.method() === 'OPTIONS') return
    const part = url.searchParams.get('partNumber')
    const record = { session: result.sessions, method: request.method(), part: part && Number(part), status: null, bytes: 0 }
    records.set(request, record)
    result.requests.push(record)
  })
  page.on('response', async (response) => {
    const record = records.get(response.request())
    if (record) {
      record.status = response.status()
      record.bytes = Number(await response.request().headerValue('content-length'))
    }
    if (!response.url().startsWith(job.api)) return
    const body = await response.json().catch(() => null)
    if (body?.media && response.status() === 201) result.started.push(body.media.id)
    for (const part of body?.upload?.parts ?? []) if (part.url && !offered.has(part.number)) offered.set(part.number, part)
    const number = Number(new URL(response.url()).pathname.match(/\/multipart\/[^/]+\/(\d+)$/)?.[1])
    if (number && body?.url && !offered.has(number)) offered.set(number, { number, url: body.url, size_bytes: 1 })
  })
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) result.console.push(message.text()) })
  page.on('pageerror', (error) => result.console.push(String(error)))

  const open = async () => {
    await page.goto(job.origin + '/')
    await page.waitForFunction(() => window.ready, null, { timeout: 20_000 })
  }
  const waitUntilFinished = () => page.waitForFunction(() => window.finished, null, { timeout: TIMEOUT_MS })
  await open()

  if (job.interrupt) {
    const { afterParts, uploadBytesPerS } = job.interrupt
    const devtools = await page.context().newCDPSession(page)
    const throttle = (bytesPerS) => devtools.send('Network.emulateNetworkConditions',
      { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerS })
    await devtools.send('Network.enable')
    await throttle(uploadBytesPerS)
    const startedAt = Date.now()
    await page.setInputFiles('#file', job.files)
    const countStoredParts = () => result.requests.filter((request) => request.status === 200 && request.part).length
    while (countStoredParts() < afterParts) {
      if (Date.now() - startedAt > TIMEOUT_MS) throw new Error(`only ${countStoredParts()} parts were stored`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await (job.interrupt.keepsFiles ? page.goto('about:blank') : page.reload())     // a page that keeps its files resumes at once
    result.interruptedAfterS = (Date.now() - startedAt) / 1000
    result.sessions = 2
    await new Promise((resolve) => setTimeout(resolve, Math.max(...[...offered.values()].map(expiresAt)) + 1000 - Date.now()))
    // An old URL that was not used must have expired, or the test proves nothing.
    const sent = new Set(result.requests.filter((request) => request.status === 200).map((request) => request.part))
    const unused = [...offered.values()].find(({ number }) => !sent.has(number)) ?? [...offered.values()].at(-1)
    const old = await fetch(unused.url, { method: 'PUT', body: new Uint8Array(unused.size_bytes) })
    result.oldUrl = { part: unused.number, status: old.status, body: await old.text() }
    await throttle(-1)
    const resumedAt = Date.now()
    if (job.interrupt.keepsFiles) await open()
    else {
      await page.waitForFunction(() => window.ready, null, { timeout: 20_000 })
      await page.setInputFiles('#file', job.files)
    }
    await waitUntilFinished()
    result.resumedForS = (Date.now() - resumedAt) / 1000
  } else {
    await page.setInputFiles('#file', job.files)
    if (isHtml) await page.waitForResponse((response) => response.status() === 201 && response.url() !== job.api + '/v1/uploads')
    else await waitUntilFinished()
  }
  await page.waitForTimeout(200)     // until the last sizes are known
  result.ids = await page.evaluate(() => window.ids ?? [])
  result.error = await page.evaluate(() => window.failed ?? null)
} finally {
  await close()
}
console.log(JSON.stringify(result))
