// Runs the recipes "sign-in", "changes" and "progress" of docs/clients.md in Chromium. Called by test_clients.py with a job:
//   {api, identity, clientId, user, password, invited, temporaryPassword, filename, content, origin, chromium}
// Writes {refused, challenge, withNewPassword, later, tokens, changes, progress, mediaId, afterSignOut, failed} to standard output.
import { readFileSync } from 'node:fs'
import { pageWith, recipesOf } from './recipes.mjs'

const TIMEOUT_MS = 60_000
const job = JSON.parse(readFileSync(0, 'utf8'))
const scenario = `
const observed = window.observed = { tokens: [], changes: [], progress: [] }
const reasonOf = (promise) => promise.then(() => null, (error) => error.message)
const wait = setTimeout
window.setTimeout = (callback, ms) => wait(callback, Math.min(ms, 300))      // watch() asks every 15 seconds
async function scenario() {
  observed.refused = await reasonOf(signIn(${JSON.stringify(job.user)}, 'not the password'))
  const invited = [${JSON.stringify(job.invited)}, ${JSON.stringify(job.temporaryPassword)}]
  observed.challenge = await reasonOf(signIn(...invited))
  observed.withNewPassword = await reasonOf(signIn(...invited, ${JSON.stringify(job.password)}))
  observed.later = await reasonOf(signIn(invited[0], ${JSON.stringify(job.password)}))
  await signIn(${JSON.stringify(job.user)}, ${JSON.stringify(job.password)})
  observed.tokens.push(await bearer(), await bearer())
  const now = Date.now
  Date.now = () => now() + 2 * 86_400_000
  observed.tokens.push(await bearer())                                        // the first one has expired: refreshed
  Date.now = now
  window.token = observed.tokens.at(-1)
  const stop = new AbortController()
  const watching = watch((change) => observed.changes.push(change), stop.signal)
  await call('GET', '/v1/changes')
  await new Promise((resolve) => setTimeout(resolve, 300))
  const file = new File([${JSON.stringify(job.content)}], ${JSON.stringify(job.filename)}, { type: 'text/plain' })
  observed.mediaId = await uploadWithProgress(file, (fraction) => observed.progress.push(fraction))
  while (!observed.changes.some(({ id }) => id === observed.mediaId)) await new Promise((resolve) => setTimeout(resolve, 200))
  stop.abort()
  await watching
  await signOut()
  Date.now = () => now() + 2 * 86_400_000
  observed.afterSignOut = await reasonOf(bearer())
}
scenario().catch((error) => { observed.failed = error.message }).finally(() => { observed.over = true })
`
const ofClients = recipesOf('clients.md')
const addresses = `const IDENTITY = ${JSON.stringify(job.identity)}, CLIENT_ID = ${JSON.stringify(job.clientId)}`
const script = [addresses, recipesOf('uploading.md')('call'), ...['sign-in', 'changes', 'progress'].map(ofClients), scenario].join('\n')
const { page, close } = await pageWith({ ...job, recipe: 'clients', token: '' }, { script, body: '' })
let observed
try {
  await page.goto(`${job.origin}/`)
  await page.waitForFunction(() => window.observed?.over, null, { timeout: TIMEOUT_MS }).catch(() => null)
  observed = await page.evaluate(() => window.observed)
} finally {
  await close()
}
console.log(JSON.stringify(observed))
