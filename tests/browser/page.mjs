// Goes through the page in a real browser as a person would, and tells on standard output what was seen.
// Standard input: {"web", "chromium", "journey", "width", "theme", "user", "files": {…}, "pictures"?}
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'

const job = JSON.parse(readFileSync(0, 'utf8'))
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const PASSWORD = 'four unrelated words here'
const PATIENCE_MS = 120_000

const browser = await chromium.launch({
  executablePath: job.chromium,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--autoplay-policy=no-user-gesture-required', '--mute-audio',
  ],
})
const context = await browser.newContext({
  viewport: { width: job.width, height: job.width < 600 ? 844 : 800 },
  colorScheme: job.theme,
  hasTouch: job.width < 600,
  acceptDownloads: true,
})
const page = await context.newPage()
page.setDefaultTimeout(PATIENCE_MS)
const isNarrow = job.width < 860
const answer = { console: [], refused: [], screens: {}, scripts: [], steps: {} }
const began = Date.now()
const step = (name) => { answer.steps[name] = Date.now() - began }

page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) answer.console.push(message.text()) })
page.on('pageerror', (error) => answer.console.push(String(error.stack ?? error)))
page.on('response', (response) => { if (response.status() >= 400) answer.refused.push(`${response.status()} ${new URL(response.url()).pathname}`) })
page.on('requestfinished', async (request) => {
  if (!request.url().endsWith('.js')) return
  const sizes = await request.sizes().catch(() => null)
  if (sizes) answer.scripts.push({ name: request.url().split('/').pop(), bytes: sizes.responseBodySize })
})

/** What axe-core finds on what is shown, and whether it is wider than the window. */
async function look(name) {
  await page.waitForTimeout(250)     // what slides or fades in
  if (job.pictures) await page.screenshot({ path: `${job.pictures}/${name}-${job.width}-${job.theme}.png` })
  await page.evaluate(axe)
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
  const isTooWide = () => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)
  let tooWide = await isTooWide()
  if (isNarrow) {     // the narrowest that must do: WCAG's 1.4.10, also what 400 % of zoom leaves of 1280
    await page.setViewportSize({ width: 320, height: 844 })
    tooWide ||= await isTooWide()
    await page.setViewportSize({ width: job.width, height: 844 })
  }
  answer.screens[name] = {
    tooWide,
    violations: found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')} ${node.failureSummary?.split('\n')[1] ?? ''}`)),
  }
}

const lit = (name) => page.evaluate((which) => [...(CSS.highlights.get(which) ?? [])].map(String).join(''), name)
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

const journeys = {
  /** From nothing to hearing the highlighted word, and through every room. */
  async whole() {
    await page.goto(job.web)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.waitForLoadState('networkidle')
    answer.firstScripts = answer.scripts.map((script) => ({ ...script }))
    answer.firstPaintMs = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null)
    await look('sign-in')
    await signUp()
    step('signed up')
    await look('empty')
    await openAdd()
    await look('add')
    await add([job.files.document])
    await page.locator('.upload.ready').waitFor()
    step('ready')
    await page.locator('.cell img').waitFor()
    await look('library')
    await page.getByRole('button', { name: 'Clear finished' }).click()

    await page.locator('.cell').getByRole('link', { name: 'sample' }).click()
    await page.locator('.textLayer span').first().waitFor()
    step('page one')
    await page.getByRole('button', { name: 'Listen', exact: true }).click()
    await page.locator('.quote[aria-busy=false]').waitFor()
    answer.quote = await page.locator('.quote').innerText()
    await look('quote')
    await page.getByRole('button', { name: 'Read aloud' }).click()
    await untilLit()
    step('first word')
    answer.heardInPages = await listen(5000)
    answer.sentence = await lit('spoken-sentence')
    await look('pages')
    await page.getByRole('button', { name: 'Text', exact: true }).click()
    await untilLit()
    answer.heardInText = await listen(3000)
    await look('text')

    // A word is pressed, and heard from there on; then by keyboard alone.
    answer.played = await page.waitForFunction(() => document.querySelector('.player [type=range]')?.max > 60_000).then(() => true)
    const paragraph = page.locator('.text p').nth(3)
    await paragraph.scrollIntoViewIfNeeded()
    await paragraph.click({ position: { x: 6, y: 10 } })
    await page.waitForFunction((text) => text.startsWith([...(CSS.highlights.get('spoken-word') ?? [])].map(String).join('') || '?'), await paragraph.textContent())
    answer.pressed = { text: await paragraph.textContent(), heard: await listen(1500) }
    await page.getByRole('button', { name: 'Next sentence' }).click()
    await page.getByRole('button', { name: /Pause/ }).click()
    answer.pausedAt = await page.locator('.player [type=range]').getAttribute('aria-valuetext')
    await page.getByRole('button', { name: /Speed/ }).click()
    await look('speed')
    await page.getByRole('menuitemradio', { name: '2×', exact: true }).click()
    await page.getByRole('button', { name: 'Reading settings' }).click()
    await page.getByLabel('Sepia').check()
    await page.getByLabel('OpenDyslexic').check()
    await look('settings')
    await page.getByLabel('Literata').check()
    await page.keyboard.press('Escape')
    await look('sepia')

    // Another visit goes on at the same place.
    await page.waitForTimeout(300)
    await page.reload()
    await page.waitForFunction((before) => document.querySelector('.player [type=range]')?.ariaValueText === before, answer.pausedAt.replace(/ of .*/, (rest) => rest), { timeout: 15_000 }).catch(() => undefined)
    answer.wentOnAt = await page.locator('.player [type=range]').getAttribute('aria-valuetext')

    await room('/library?q=mercury')
    await page.locator('.hits mark').first().waitFor()
    await look('search')
    await page.locator('.hits a').first().click()
    await page.waitForFunction(() => CSS.highlights.get('found')?.size > 0)
    answer.found = await lit('found')
    await room('/collections')
    await page.getByRole('main').getByRole('button', { name: 'New collection' }).click()
    await page.getByLabel('Name').fill('Evenings')
    await look('new-collection')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('heading', { name: 'Evenings' }).waitFor()
    await look('collection')
    await room('/account')
    await page.locator('.table td').first().waitFor()
    await page.getByRole('button', { name: 'Make a new link' }).click()
    const feed = await page.getByLabel('Podcast links').inputValue()
    answer.feed = await page.evaluate(async (url) => (await fetch(url)).headers.get('content-type'), feed)
    await look('account')
    if (isNarrow) {
      await page.getByRole('button', { name: 'Menu' }).click()
      await look('menu')
      await page.keyboard.press('Escape')
    }
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    step('signed out')
  },

  /** What is refused is said in the API's words; what is cut off by a reload goes on; several go in at once. */
  async uploads() {
    await signUp()
    await add([job.files.hostile])
    await page.locator('.upload.rejected').waitFor()
    answer.why = await page.locator('.upload-why').innerText()
    await look('rejected')
    await page.getByRole('button', { name: 'Clear finished' }).click()

    const devtools = await context.newCDPSession(page)
    const throttle = (bytesPerS) => devtools.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerS })
    await devtools.send('Network.enable')
    await throttle(6_000_000)
    const parts = []
    page.on('request', (request) => {
      const part = new URL(request.url()).searchParams.get('partNumber')
      if (part && request.method() === 'PUT') parts.push(Number(part))
    })
    const arrived = new Set()
    page.on('response', (response) => {
      const part = new URL(response.url()).searchParams.get('partNumber')
      if (part && response.request().method() === 'PUT' && response.status() === 200) arrived.add(Number(part))
    })
    await add([job.files.large])
    await page.getByRole('button', { name: /^Pause/ }).waitFor()
    await look('sending')
    while (arrived.size < 1) await page.waitForTimeout(50)
    await page.getByRole('button', { name: /^Pause/ }).click()
    await page.getByRole('button', { name: /^Go on/ }).waitFor()
    answer.arrivedBefore = [...arrived]
    await throttle(-1)
    parts.length = 0
    await page.reload()
    await page.locator('.upload.ready').waitFor()
    answer.sentAfter = [...parts]

    await add(job.files.several)
    await page.waitForFunction((count) => document.querySelectorAll('.upload.ready').length === count, job.files.several.length + 1)
    answer.shown = await page.locator('.cell').count()
    await page.getByRole('button', { name: 'Clear finished' }).click()

    // Two into the trash at once, and back with the notice's button.
    await page.getByRole('button', { name: 'List' }).click()
    for (const index of [0, 1]) await page.locator('.cell input[type=checkbox]').nth(index).check()
    await look('selection')
    await page.getByRole('button', { name: 'Move to the trash' }).click()
    await page.waitForFunction((count) => document.querySelectorAll('.cell').length === count, answer.shown - 2)
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.waitForFunction((count) => document.querySelectorAll('.cell').length === count, answer.shown)
    answer.restored = true
  },
}

try {
  await journeys[job.journey]()
} catch (error) {
  answer.failed = String(error.stack ?? error)
  answer.text = await page.evaluate(() => document.body.innerText.slice(0, 1500)).catch(() => '')
  if (job.pictures) await page.screenshot({ path: `${job.pictures}/failed-${job.journey}-${job.width}.png` }).catch(() => undefined)
} finally {
  await browser.close()
}
console.log(JSON.stringify(answer))
