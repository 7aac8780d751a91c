// Paint page 1 of PDFs in Chromium with PDF.js; measure the time and the requests. Called by first_page.py:
//   measure.mjs {chromium, latencyMs, bytesPerS, rounds, files: {name: path}}
// Prints {name: {mode: {ms, requests, bytes}}} to stdout: the round with the median time of each.
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { chromium } from 'playwright-core'

const job = JSON.parse(process.argv[2])
const CHUNK_BYTES = 32 * 1024
const MODES = {
  'default': {},
  'only needed ranges': { disableAutoFetch: true, disableStream: true },
}
const PAGE = `<!doctype html><canvas id="page"></canvas><script type="module">
import * as pdfjs from '/pdf.mjs'
pdfjs.GlobalWorkerOptions.workerSrc = '/pdf.worker.mjs'
window.paint = async (url, options) => {
  const worker = new pdfjs.PDFWorker()
  await worker.promise                          // loading the library is not measured
  const started = performance.now()
  const document_ = await pdfjs.getDocument({ url, worker, ...options }).promise
  const page = await document_.getPage(1)
  const viewport = page.getViewport({ scale: 1 })
  const canvas = Object.assign(document.querySelector('#page'), { width: viewport.width, height: viewport.height })
  await page.render({ canvas, canvasContext: canvas.getContext('2d'), viewport }).promise
  const ms = performance.now() - started
  const painted = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value, at) => at % 4 < 3 && value < 128)
  return { ms, painted, pages: document_.numPages }
}
window.ready = true
</script>`

let traffic = { requests: 0, bytes: 0 }

const server = createServer(async (request, response) => {
  const path = request.url.split('?')[0]
  if (path === '/') return response.setHeader('Content-Type', 'text/html').end(PAGE)
  if (path.startsWith('/pdf.')) {
    response.setHeader('Content-Type', 'text/javascript')
    return response.end(readFileSync(new URL(`node_modules/pdfjs-dist/build${path.replace('.mjs', '.min.mjs')}`, import.meta.url)))
  }
  const file = job.files[decodeURIComponent(path.slice(1))]
  if (!file) return response.writeHead(404).end()
  traffic.requests += 1
  await sleep(job.latencyMs)
  await send(file, request, response)
})

// Like S3: one byte range, or the whole file; limited to the bandwidth of the connection.
async function send(file, request, response) {
  const size = statSync(file).size
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const [start, end] = range ? [Number(range[1]), range[2] ? Number(range[2]) : size - 1] : [0, size - 1]
  response.writeHead(range ? 206 : 200, {
    'Accept-Ranges': 'bytes',
    'Content-Length': end - start + 1,
    'Content-Type': 'application/pdf',
    ...(range && { 'Content-Range': `bytes ${start}-${end}/${size}` }),
  })
  for await (const chunk of createReadStream(file, { start, end, highWaterMark: CHUNK_BYTES })) {
    if (response.destroyed) return
    response.write(chunk)
    traffic.bytes += chunk.length
    await sleep((1000 * chunk.length) / job.bytesPerS)
  }
  response.end()
}

await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const origin = `http://127.0.0.1:${server.address().port}`
const browser = await chromium.launch({ executablePath: job.chromium, args: ['--no-sandbox'] })
const results = {}
for (const name of Object.keys(job.files)) {
  results[name] = {}
  for (const [mode, options] of Object.entries(MODES)) {
    const rounds = []
    for (let round = 0; round < job.rounds; round += 1) {
      const context = await browser.newContext() // an empty cache
      const page = await context.newPage()
      await page.goto(origin)
      await page.waitForFunction('window.ready')
      traffic = { requests: 0, bytes: 0 }
      const timing = await page.evaluate(([url, pdfOptions]) => window.paint(url, pdfOptions), [`${origin}/${encodeURIComponent(name)}`, options])
      if (!timing.painted) throw new Error(`page 1 of ${name} stayed blank`)
      rounds.push({ ...timing, ...traffic })
      await context.close()
    }
    results[name][mode] = rounds.sort((one, other) => one.ms - other.ms)[Math.floor(rounds.length / 2)]
  }
}
await browser.close()
server.close()
server.closeAllConnections()
console.log(JSON.stringify(results))
