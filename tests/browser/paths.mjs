// What one can do with the page besides the journey, in one visit: files by every way, order, papers, keys, recovery, leaving.
// Standard input: {"web", "programs", "width", "theme", "user", "files": {…}, "pictures"?}. Tells on standard output what was seen.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { start } from './chromium.mjs'

const job = JSON.parse(readFileSync(0, 'utf8'))
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const PASSWORD = 'four unrelated words here'
const PATIENCE_MS = 90_000

const browser = await start(job.programs[0])
const context = await browser.newContext({
  viewport: { width: job.width, height: job.width < 600 ? 844 : 800 },
  colorScheme: job.theme,
  hasTouch: job.width < 600,
  acceptDownloads: true,
})
const page = await context.newPage()
page.setDefaultTimeout(PATIENCE_MS)
const answer = { complaints: [], screens: {}, steps: {} }
const began = Date.now()
const step = (name) => { answer.steps[name] = Date.now() - began }

page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) answer.complaints.push(message.text()) })
page.on('pageerror', (error) => answer.complaints.push(String(error.stack ?? error)))
page.on('response', (response) => { if (response.status() >= 400) answer.complaints.push(`refused: ${response.status()} ${new URL(response.url()).pathname}`) })

/** What axe-core finds on what is shown, and whether it is wider than the window. */
async function look(name) {
  await page.waitForTimeout(250)     // what slides or fades in
  if (job.pictures) await page.screenshot({ path: `${job.pictures}/${name}-chromium-${job.width}-${job.theme}.png` })
  await page.evaluate(axe)
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
  const isTooWide = () => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)
  // The narrowest that must do: WCAG's 1.4.10, also what 400 % of zoom leaves of 1280.
  const size = page.viewportSize()
  await page.setViewportSize({ width: 320, height: size.height })
  await page.evaluate(async () => { for (let frame = 0; frame < 4; frame++) await new Promise(requestAnimationFrame) })
  const tooWide = await isTooWide()
  await page.setViewportSize(size)
  answer.screens[name] = {
    tooWide,
    violations: found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')} ${node.failureSummary?.split('\n')[1] ?? ''}`)),
  }
}

const untilLit = () => page.waitForFunction(() => [...(CSS.highlights.get('spoken-word') ?? [])].some((range) => String(range)))

/** The words that are lit one after the other, for a while. */
async function listen(ms) {
  return page.evaluate(async (duration) => {
    const words = []
    const until = performance.now() + duration
    while (performance.now() < until) {
      const word = [...(CSS.highlights.get('spoken-word') ?? [])].map(String).join('')
      if (word && words.at(-1) !== word) words.push(word)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    return words
  }, ms)
}

async function signUp() {
  await page.goto(job.web)
  await page.getByRole('button', { name: 'New here? Create an account' }).click()
  await page.getByLabel('User name').fill(job.user)
  await page.getByLabel('Email').fill(`${job.user}@example.com`)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Create an account', exact: true }).click()
  const note = await page.locator('.note').textContent()
  await page.getByLabel('Code from the email').fill(note.match(/\d{6}/)[0])
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByRole('heading', { name: 'Library' }).waitFor()
}

const openAdd = () => page.getByRole('button', { name: /^Add( files)?$/ }).locator('visible=true').first().click()

async function add(paths) {
  if (!(await page.getByRole('dialog').count())) await openAdd()
  await page.locator('input[type=file][multiple]').setInputFiles(paths)
}

const room = async (path) => { await page.goto(`${job.web}/#${path}`) }

async function paths() {
  await page.addInitScript(() => {
    window.mediaKeys = {}
    const set = navigator.mediaSession.setActionHandler.bind(navigator.mediaSession)
    navigator.mediaSession.setActionHandler = (name, act) => { window.mediaKeys[name] = act; set(name, act) }
  })
  await signUp()

  // Files come by dropping, by pasting, and from a phone's camera.
  const hand = (kind, name, type, text) => page.evaluate(([kind, name, type, text]) => {
    const given = new DataTransfer()
    given.items.add(new File([text], name, { type }))
    if (kind === 'paste') dispatchEvent(new ClipboardEvent('paste', { clipboardData: given, bubbles: true, cancelable: true }))
    else for (const each of kind) dispatchEvent(new DragEvent(each, { dataTransfer: given, bubbles: true, cancelable: true }))
  }, [kind, name, type, text])
  await hand(['dragenter', 'dragover'], 'dropped.txt', 'text/plain', 'Dropped.')
  await page.locator('.drop-zone').waitFor()
  await hand(['drop'], 'dropped.txt', 'text/plain', 'It was dropped on the page.')
  await hand('paste', 'pasted.txt', 'text/plain', 'It was pasted into the page.')
  await page.waitForFunction(() => document.querySelectorAll('.upload.ready').length === 2)
  await openAdd()
  answer.camera = await page.locator('input[capture=environment]').getAttribute('accept')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })

  // What storage refuses can be tried again; what is given up leaves nothing.
  const isUpload = (url) => url.searchParams.has('X-Amz-Signature') && url.pathname.includes('/uploads/')
  await page.route(isUpload, (route) => (route.request().method() === 'PUT' ? route.fulfill({ status: 400, headers: { 'access-control-allow-origin': '*' } }) : route.continue()))
  await add([job.files.letters])
  await page.getByRole('button', { name: /^Try letters.txt again/ }).waitFor()
  await page.unroute(isUpload)
  await page.getByRole('button', { name: /^Try letters.txt again/ }).click()
  await page.waitForFunction(() => document.querySelectorAll('.upload.ready').length === 3)
  await page.route(isUpload, () => undefined)
  await add([job.files.picture])
  await page.getByRole('button', { name: /^Cancel picture/ }).click()
  await page.unroute(isUpload)
  await add([job.files.picture, job.files.sound])
  await page.waitForFunction(() => document.querySelectorAll('.upload.ready').length === 5)
  await page.getByRole('button', { name: 'Clear finished' }).click()
  await page.waitForFunction(() => document.querySelectorAll('.cell').length >= 5)
  step('files')

  // Tags, filters, a collection in its own order, the trash.
  const titles = () => page.locator('.cell-name').allInnerTexts()
  const menuOf = async (title, choice) => {
    await page.getByRole('button', { name: `What to do with ${title}` }).click()
    await page.getByRole('menuitem', { name: choice, exact: true }).click()
  }
  await page.getByRole('button', { name: 'List' }).click()
  await menuOf('pasted', 'Tags')
  await page.getByRole('textbox', { name: 'Tags' }).fill('evening, short')
  await page.getByRole('button', { name: 'Save' }).click()
  if (job.width < 600) await room('/library?tag=evening')     // a narrow list shows no tags
  else await page.getByRole('link', { name: 'evening' }).click()
  await page.waitForFunction(() => document.querySelectorAll('.cell').length === 1)
  answer.tagged = await titles()
  await look('filtered')
  await page.getByRole('link', { name: /Remove the filter/ }).click()
  await page.waitForFunction(() => document.querySelectorAll('.cell').length > 1)
  await menuOf('pasted', 'Rename')
  await page.getByRole('textbox', { name: 'Title' }).fill('Pasted by hand')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('link', { name: 'Pasted by hand' }).waitFor()
  for (const title of ['Pasted by hand', 'dropped', 'letters']) await page.getByLabel(`Select ${title}`).check()
  await page.getByRole('button', { name: 'Put into a collection' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill('Tonight')
  await page.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('button', { name: 'Deselect' }).click()
  await room('/collections')
  await page.getByRole('main').getByRole('link', { name: /Tonight/ }).click()
  await page.locator('.handle').nth(2).waitFor()
  const before = await titles()
  const kept = (method, part) => page.waitForResponse((response) => response.request().method() === method && response.url().includes(part))
  await Promise.all([kept('PUT', '/media/'), page.locator('.handle').first().press('ArrowDown')])
  answer.byKeys = [before, await titles()]
  await Promise.all([kept('PUT', '/media/'), page.locator('.handle').nth(2).dragTo(page.locator('.ordered').first())])
  const dragged = await titles()
  await look('ordered')
  await page.reload()
  await page.locator('.handle').nth(2).waitFor()
  answer.byHand = [answer.byKeys[1], dragged, await titles()]
  await room('/library')
  await menuOf('dropped', 'Move to the trash')
  await room('/trash')
  await page.getByText('dropped').first().waitFor()
  await look('trash')
  await menuOf('dropped', 'Restore')
  await page.getByText('The trash is empty').waitFor()
  await room('/library')
  await menuOf('dropped', 'Move to the trash')
  await room('/trash')
  await menuOf('dropped', 'Delete for good')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click()
  await page.getByText('The trash is empty').waitFor()
  step('order')

  // Pictures and sound.
  await room('/library')
  await page.getByRole('link', { name: 'picture', exact: true }).click()
  answer.picture = await page.waitForFunction(() => document.querySelector('img.picture')?.naturalWidth).then((width) => width.jsonValue())
  await look('picture')
  await room('/library')
  await page.getByRole('link', { name: 'sound', exact: true }).click()
  answer.sound = await page.waitForFunction(() => document.querySelector('audio[controls]')?.duration).then((length) => length.jsonValue())
  await look('sound')

  // A text with characters that JavaScript counts twice: read aloud by keyboard alone, with the keys of a headset.
  await room('/library')
  await page.getByRole('link', { name: 'letters', exact: true }).click()
  await page.locator('.text').focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.locator('.quote[aria-busy=false]').waitFor()
  await page.getByRole('button', { name: 'Read aloud' }).click()
  await untilLit()
  answer.letters = { text: await page.locator('.text').textContent(), heard: await listen(4000) }
  const key = async (name, details = {}) => page.evaluate(([name, details]) => window.mediaKeys[name](details), [name, details])
  const isPlaying = (wanted) => page.getByRole('button', { name: wanted ? 'Pause' : 'Play', exact: true }).waitFor()
  await key('pause')
  await isPlaying(false)
  answer.session = await page.evaluate(() => [navigator.mediaSession.metadata.artist, navigator.mediaSession.playbackState])
  await key('seekto', { seekTime: 0 })
  await key('nexttrack')
  await isPlaying(true)
  await page.getByRole('button', { name: 'Sleep timer' }).click()
  await page.getByRole('menuitemradio', { name: 'In 5 minutes' }).click()
  // The next day it has stopped, and the token that has run out meanwhile is renewed before the next call.
  const renewed = page.waitForRequest((request) => request.postData()?.includes('REFRESH_TOKEN_AUTH') ?? false)
  await page.evaluate(() => { const now = Date.now; Date.now = () => now() + 90_000_000 })
  await isPlaying(false)
  await renewed
  answer.slept = true
  for (const paper of ['High contrast', 'Dark', 'White']) {
    await page.getByRole('button', { name: 'Reading settings' }).click()
    await page.getByLabel(paper, { exact: true }).check()
    await page.keyboard.press('Escape')
    await look(`paper-${paper.toLowerCase().replace(' ', '-')}`)
  }
  step('heard')

  // A recording whose address has run out goes on with a fresh one.
  await page.waitForFunction(() => document.querySelector('.player progress') === null)
  let refused = 0
  const isRecording = (url) => url.pathname.endsWith('/audio')
  await page.route(isRecording, (route) => (refused++ ? route.continue() : route.fulfill({ status: 403 })))
  await page.reload()
  await page.getByText('The connection broke; going on where it was.').waitFor()
  await page.getByRole('button', { name: 'Play', exact: true }).click()
  await untilLit()
  answer.wentOn = refused
  await page.unroute(isRecording)
  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  const saved = async (act) => {
    const [file] = await Promise.all([page.waitForEvent('download'), act()])
    return [file.suggestedFilename(), readFileSync(await file.path(), 'utf8').slice(0, 6)]
  }
  const player = page.getByRole('region', { name: 'Player' })
  const more = async (choice) => {
    await player.getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitem', { name: choice }).click()
  }
  answer.captions = await saved(() => more('Captions (WebVTT)'))
  answer.original = await saved(() => menuOf('letters', 'Download the original'))
  await more('Delete this reading')
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('button', { name: 'Listen', exact: true }).waitFor()
  step('readings')

  // A long text: what is near is loaded, and its last chapter is a leap away.
  await room('/library')
  await add([job.files.long])
  await page.locator('.upload.ready').waitFor()
  await page.getByRole('button', { name: 'Clear finished' }).click()
  await page.getByRole('link', { name: 'long', exact: true }).click()
  await page.locator('.text h2').first().waitFor()
  await page.getByRole('button', { name: 'Contents' }).click()
  await page.getByRole('dialog').getByRole('button').last().click()
  answer.lastChapter = await page.waitForFunction(() => {
    const heading = [...document.querySelectorAll('.text h2')].at(-1)
    const place = heading?.getBoundingClientRect()
    return place && place.top > 0 && place.bottom < innerHeight && heading.textContent
  }).then((found) => found.jsonValue())
  answer.missing = await page.locator('.text-missing').count()
  step('leapt')

  // A forgotten password; then everything is taken along, and nothing stays.
  await room('/account')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: 'Forgot your password?' }).click()
  await page.getByLabel('User name or email').fill(job.user)
  await look('forgotten')
  await page.getByRole('button', { name: 'Send a code' }).click()
  await page.getByLabel('Code from the email').fill((await page.locator('.note').textContent()).match(/\d{6}/)[0])
  await page.getByLabel('New password', { exact: true }).fill(`${PASSWORD} too`)
  await page.getByRole('button', { name: 'Set the password' }).click()
  await page.getByRole('heading', { name: 'Account' }).waitFor()
  await page.getByRole('button', { name: 'Check the seals' }).click()
  await page.getByText(/entries are as they were written/).waitFor()
  await page.getByRole('button', { name: 'Make an export' }).click()
  answer.export = await saved(() => page.getByRole('button', { name: 'Download', exact: true }).click())
  await page.getByRole('button', { name: 'Erase everything' }).click()
  await page.getByLabel('Your user name').fill(job.user)
  await look('erase')
  await page.getByRole('dialog').getByRole('button', { name: 'Erase everything' }).click()
  await page.getByRole('heading', { name: 'Receipt of an erasure' }).waitFor()
  await page.getByText('Asked for').waitFor()
  await look('receipt')
  step('erased')
}

try {
  await paths()
} catch (error) {
  answer.failed = String(error.stack ?? error)
  answer.text = await page.evaluate(() => document.body.innerText.slice(0, 1500)).catch(() => '')
  if (job.pictures) await page.screenshot({ path: `${job.pictures}/failed-paths-${job.width}.png` }).catch(() => undefined)
} finally {
  await browser.close()
}
console.log(JSON.stringify(answer))
