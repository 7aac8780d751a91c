// Uses the page of docs/clients.md, unchanged except for its three addresses, in Chromium at an origin that the deployment allows.
// Called by test_clients.py with a job on standard input:
//   {api, identity, clientId, user, password, file, origin, chromium, plays = true}
// Writes {progress, shown, ended, console} to standard output: `shown` has each highlighted word and the time at which it was shown.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { start } from './chromium.mjs'
import { recipesOf } from './recipes.mjs'

const TIMEOUT_MS = 90_000
const job = JSON.parse(readFileSync(0, 'utf8'))
const addresses = [job.api, job.identity, job.clientId]
const document = recipesOf('clients.md')('app').replace(/const API = '.*', IDENTITY = '.*', CLIENT_ID = '.*'/, () => {
  const [api, identity, clientId] = addresses.map((address) => JSON.stringify(address))
  return `const API = ${api}, IDENTITY = ${identity}, CLIENT_ID = ${clientId}`
})

const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(document))
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const browser = await start(job.chromium, { origin: job.origin, port: server.address().port })
const errors = []
let observed
try {
  const page = await browser.newPage()
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  await page.addInitScript(() => {
    const wait = window.setTimeout
    window.setTimeout = (callback, ms) => wait(callback, Math.min(ms, 300))     // it asks for a state every 5 seconds
  })
  await page.goto(`${job.origin}/`)
  await page.evaluate(() => {
    const observed = (window.observed = { progress: [], shown: [], ended: false })
    const status = document.querySelector('[role=status]')
    new MutationObserver(() => observed.progress.push(status.textContent)).observe(status, { childList: true })
    const audio = document.querySelector('audio')
    audio.addEventListener('ended', () => { observed.ended = true })
    const set = HighlightRegistry.prototype.set
    HighlightRegistry.prototype.set = function (name, highlight) {
      const word = String([...highlight][0])
      if (word && word !== observed.shown.at(-1)?.[0]) observed.shown.push([word, audio.currentTime * 1000])
      return set.call(this, name, highlight)
    }
  })
  await page.getByLabel('User').fill(job.user)
  await page.getByLabel('Password').fill(job.password)
  await page.getByLabel('Document').setInputFiles(job.file)
  await page.getByRole('button', { name: 'Read it to me' }).click()
  const isOver = job.plays === false ? () => window.observed.progress.length > 0 : () => window.observed.ended
  await page.waitForFunction(isOver, null, { timeout: TIMEOUT_MS }).catch(() => null)
  observed = await page.evaluate(() => window.observed)
} finally {
  await browser.close()
  server.close()
}
console.log(JSON.stringify({ ...observed, console: errors }))
