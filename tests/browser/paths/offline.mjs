// Without a network: what is kept on the device, what is changed there and sent later, and a new release of the page.
import { job, openAddFiles, page, result, run, signIn, step } from '../journey.mjs'

const { engine } = page
const { mediaId, unkeptId, token, waves } = job.files
const waitForText = (text) => page.waitFor((wanted) => document.body.innerText.includes(wanted), text)
const waitForDrawn = (name) => page.waitFor((key) => CSS.highlights.get(key)?.size > 0, `annotation-${name}`)
const pressItem = async (menu, item) => {
  await page.press('button', menu)
  await page.press('menuitem', item)
}
const toasts = () => page.evaluate(() => [...document.querySelectorAll('.toast span')].map((toast) => toast.innerText))
const dismissToasts = () => page.evaluate(() => { for (const button of document.querySelectorAll('.toast button:last-child')) button.click() })
const offset = () => page.evaluate(() => Number(document.querySelector('.player [type=range]').value))
const openLetters = async () => {
  await page.navigate(`/media/${mediaId}`)
  await page.waitForSelector('.text p')
}
const disconnect = async (isOffline) => {
  await engine.disconnect(isOffline)
  if (isOffline) return
  await page.waitFor(() => !document.querySelector('.network-sign span') && localStorage.getItem('visionary.waitingWrites') === null)
}
/** Reload, and wait until something of the page is shown. */
const reload = async (css) => {
  await page.reload()
  await page.waitForSelector(css)
}

/** Call the API as another device of the user does. */
async function call(method, path, body) {
  const response = await fetch(`${job.web}/api${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...(method === 'PATCH' && { 'if-match': '*' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return response.json()
}

/** A document is not kept where the room does not suffice; that is said before. */
async function keepLetters() {
  await openLetters()
  await page.waitFor(() => navigator.serviceWorker.controller !== null)
  await page.evaluate(() => { navigator.storage.estimate = async () => ({ quota: 20_100_000, usage: 0 }) })
  await pressItem('Actions for letters', 'Keep offline')
  await waitForText('This needs about')
  result.noSpace = await toasts()
  await page.inspect('offline-no-space')
  await page.evaluate(() => { delete navigator.storage.estimate })
  await dismissToasts()
  await pressItem('Actions for letters', 'Keep offline')
  await waitForText('“letters” is on this device')
  result.kept = await toasts()
}

/** The page starts from the device; a document that is not kept says so. */
async function startOffline() {
  await page.navigate('/library')
  await page.waitForSelector('.media-card')
  await engine.disconnect(true)
  await reload('.media-card')
  result.sign = await page.textOf('.network-sign span')
  await page.inspect('offline-library')
  await page.navigate(`/media/${unkeptId}`)
  await waitForText('This document isn’t kept on this device')
  await page.inspect('offline-not-kept')
}

/** The kept recording is heard; place, bookmark, highlight and note are written, and are there after a reload. */
async function useLetters() {
  await openLetters()
  await page.press('button', 'Play')
  result.spoken = await page.evaluate(() => probe.collectSpokenWords(3))
  await page.press('button', 'Bookmark')
  await waitForDrawn('bookmark')
  await page.press('button', 'Pause')
  await page.evaluate(() => {
    const range = new Range()
    range.selectNodeContents(document.querySelector('.text p'))
    getSelection().removeAllRanges()
    getSelection().addRange(range)
  })
  await page.press('button', 'Add note')
  await page.fill('Your note', 'Written at sea')
  await page.press('button', 'Save')
  await waitForDrawn('note')
  result.place = { paused: await offset() }
  await reload('.text p')
  await waitForDrawn('bookmark')
  await waitForDrawn('note')
  await page.waitFor(() => document.querySelector('.player [type=range]')?.value > 0)
  result.place.reloaded = await offset()
  await page.inspect('offline-reader')
}

/** A file that is added waits; signing out says what it would lose. */
async function waitForNetwork() {
  await page.navigate('/account')
  await page.waitForRole('heading', 'Account')
  await openAddFiles()
  await page.chooseFiles('input[type=file][multiple]', [waves])
  await waitForText('Waiting for the network')
  await page.inspect('offline-upload')
  await page.press('button', 'Sign out')
  await page.waitForRole('dialog', 'Sign out and lose changes?')
  result.signOut = await page.textOf('dialog')
  await page.inspect('sign-out-unsent')
  await page.press('button', 'Stay signed in')
}

/** What was done here arrives, what another device did meanwhile is kept: another title, another recording, a note. */
async function reconnect() {
  await call('PATCH', `/v1/media/${mediaId}`, { title: 'Letters home' })
  await call('POST', `/v1/media/${mediaId}/annotations`, { kind: 'highlight', start: 40, end: 60, colour: 'green' })
  const second = await call('POST', `/v1/media/${mediaId}/speech`, { pause_scale: 0.5 })
  while ((await call('GET', `/v1/speech/${second.id}`)).status !== 'done') await new Promise((resolve) => setTimeout(resolve, 300))
  await disconnect(false)
  await page.waitForSelector('.upload.ready')
  const { items } = await call('GET', `/v1/media/${mediaId}/annotations`)
  result.arrived = items.map(({ kind, note }) => [kind, note ?? ''])
  const [first] = (await call('GET', `/v1/media/${mediaId}/speech`)).items.filter(({ id }) => id !== second.id)
  result.place.arrived = (await call('GET', `/v1/speech/${first.id}/position`)).position_ms
  const kept = await page.waitFor((id) => {
    const entry = JSON.parse(localStorage.getItem('visionary.kept'))[id]
    return entry?.jobIds.length === 2 && entry.content.includes(entry.jobIds[1]) && entry
  }, mediaId)
  result.renewed = kept.title
  await page.waitForSelector('.kept-list li')
  result.onThisDevice = await page.textOf('.kept-list')
  result.healed = await page.waitFor(() => !document.querySelector('.spinner') && { toasts: document.querySelectorAll('.toast.error').length })
  await page.evaluate(() => document.querySelector('.kept-list').scrollIntoView({ block: 'center' }))
  await page.inspect('on-this-device')
  await engine.disconnect(true)
  await openLetters()
  await waitForDrawn('green')
  await disconnect(false)
}

/** What the browser has removed is said at the next start, and kept again. */
async function loseKept() {
  await page.evaluate((id) => caches.delete(`visionary-objects-${id}`), mediaId)
  await page.navigate('/library')
  await reload('.media-card')
  await waitForText('Your browser has removed')
  result.evicted = await toasts()
  await page.inspect('offline-evicted')
  await page.press('button', 'Keep again')
  await waitForText('“Letters home” is on this device')
}

const build = () => page.evaluate(() => localStorage.getItem('visionary.build').split('/').pop().split('.').slice(1, -1).join())

const waitForShell = (number) => page.waitFor(async (name) => {
  const isStored = (await caches.keys()).some((key) => key.startsWith(name))
  const { installing, waiting } = await navigator.serviceWorker.getRegistration()
  return isStored && !installing && !waiting
}, `visionary-shell-.release-${number}`)

/** A new release is there at the next start and says so once; a page that is open says that it waits. */
async function release() {
  engine.release(1)
  await page.reload()
  await waitForText('Visionary has been updated.')     // for seconds only
  await waitForShell(1)
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)))
  result.isOffered = await page.evaluate(() => document.body.innerText.includes('A new version'))
  engine.release(2)
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })))
  await waitForText('A new version is ready.')
  result.builds = [await build()]
  await page.evaluate(() => { window.isBeforeRestart = true })
  await page.press('button', 'Restart now')
  while (!(await engine.run('!window.isBeforeRestart').catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 50))
  await waitForText('Visionary has been updated.')
  result.builds.push(await build())
  await waitForShell(2)
  await engine.disconnect(true)
  await reload('.media-card')
  result.builds.push(await build())
  await openLetters()
  await disconnect(false)
}

/** Signing out removes everything; without a network, the page says that nobody can sign in. */
async function leave() {
  await page.navigate('/library')
  await page.waitForSelector('.media-card')
  await page.navigate('/account')     // at its beginning, which it would not be after a document
  await page.waitFor(() => document.querySelector('.account') && !document.querySelector('.spinner'))
  await page.press('button', 'Sign out')
  await page.waitForRole('heading', 'Sign in')
  result.left = await page.waitFor(async () => {
    const names = (await caches.keys()).filter((name) => !name.startsWith('visionary-shell-'))
    const databases = (await indexedDB.databases()).map(({ name }) => name).filter((name) => name === 'visionary-device')
    return !names.length && !databases.length && { kept: localStorage.getItem('visionary.kept') }
  })
  await engine.disconnect(true)
  await page.reload()
  await page.waitForRole('heading', 'Sign in')
  await page.fill('Username or email', job.user)
  await page.fill('Password', job.password)
  await page.press('button', 'Sign in')
  result.signIn = await page.textOf('.error-text')
  await page.inspect('offline-sign-in')
}

await run(async () => {
  await page.open(job.web)
  await signIn()
  await keepLetters()
  step('kept')
  await startOffline()
  step('started offline')
  await useLetters()
  step('used')
  await waitForNetwork()
  step('waiting')
  await reconnect()
  step('reconnected')
  await loseKept()
  step('kept again')
  await release()
  step('released')
  await leave()
  step('left')
})
