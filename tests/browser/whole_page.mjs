// Journeys through the page that run in every engine; see journey.mjs.
import { HOSTILE, SAMPLE, showAsDocument, whatReachedThePage } from './book_markup.mjs'
import { addFiles, job, openAddFiles, page, result, run, signUp, step } from './journey.mjs'

const WORD_COUNT = 8     // enough to check their order
const PRESSED_PARAGRAPHS = [4, 1, 6]     // forward, back, and forward

const waitForSpokenWord = () => page.waitFor(() => probe.highlightedText('spoken-word'))
const spokenWords = (count = WORD_COUNT) => page.evaluate((words) => probe.collectSpokenWords(words), count)
/** The position in the recording, to the second; without its length, which may still grow. */
const positionText = () => page.evaluate(() => document.querySelector('.player [type=range]')?.getAttribute('aria-valuetext').split(' of ')[0])

/** Press the start of a paragraph; return the text pressed, as the page may scroll, and the words spoken from then on. */
async function pressParagraph(index) {
  await page.evaluate((count) => probe.recordNextPress(count), 5)
  await page.tap({ css: '.text p', index }, { x: 6, y: 10 })
  return page.waitFor(() => probe.recordedPress())
}

const journeys = {
  /** From signing up to listening with highlighted words, and through every screen. */
  async whole() {
    await page.open(job.web)
    await page.waitForRole('heading', 'Sign in')
    await page.inspect('sign-in')
    result.firstScripts = await page.evaluate(() => probe.loadedScripts())
    result.firstPaintMs = await page.evaluate(() => probe.firstPaintMs())
    await signUp()
    step('signed up')
    await page.inspect('empty')
    await openAddFiles()
    await page.inspect('add')
    await addFiles([job.files.document])
    await page.waitForSelector('.upload.ready')
    step('ready')
    await page.waitFor(() => document.querySelector('.media-card img')?.naturalWidth)
    await page.inspect('library')
    await page.press('button', 'Clear finished')

    await page.press('link', 'How a Lighthouse Works')
    await page.waitForSelector('.textLayer span')
    step('page one')
    await page.press('button', 'Listen')
    await page.waitForSelector('.quote[aria-busy=false]')
    result.quote = await page.textOf('.quote')
    await page.inspect('quote')
    await page.press('button', 'Start listening')
    await waitForSpokenWord()
    step('first word')
    result.spokenInPages = await spokenWords()
    result.sentence = await page.evaluate(() => probe.highlightedText('spoken-sentence'))
    await page.inspect('pages')
    await page.press('button', 'Text')
    await waitForSpokenWord()
    result.spokenInText = await spokenWords()
    await page.inspect('text')

    // Pressing a word during playback continues there.
    await page.waitFor(() => document.querySelector('.player [type=range]')?.max > 150_000)
    result.pressed = []
    for (const index of PRESSED_PARAGRAPHS) result.pressed.push(await pressParagraph(index))
    step('words were pressed')
    await page.press('button', 'Next sentence')
    await page.press('button', /^Pause/)
    result.pausedAt = await positionText()
    await page.press('button', /^Speed/)
    await page.inspect('speed')
    await page.press('menuitemradio', '2×')
    await page.press('button', 'Reading settings')
    await page.tapLabel('Sepia')
    await page.tapLabel('OpenDyslexic')
    await page.inspect('settings')
    await page.tapLabel('Literata')
    await page.pressKey('Escape')
    await page.inspect('sepia')

    // A later visit resumes at the same position.
    await page.reload()
    await page.waitFor(() => document.querySelector('.player [type=range]')?.value > 0)
    result.resumedAt = await positionText()
    const mediaId = await page.evaluate(() => /media\/([^?]+)/.exec(location.hash)[1])
    step('resumed')

    await page.navigate('/library?q=mercury')
    await page.waitForSelector('.hits mark')
    await page.inspect('search')
    await page.tap({ css: '.hits a' })
    result.searchHit = await page.waitFor(() => probe.highlightedText('search-hit'))
    await page.navigate('/collections')
    await page.press('button', 'New collection')
    await page.fill('Name', 'Evenings')
    await page.inspect('new-collection')
    await page.press('button', 'Create')
    await page.waitForRole('heading', 'Evenings')
    await page.inspect('collection')
    await page.navigate('/account')
    await page.waitForSelector('.table td')
    await page.press('button', 'Create link')
    const feed = await page.waitFor(() => [...document.querySelectorAll('main input')].find((input) => input.value.includes('/podcasts/'))?.value)
    result.feed = await page.evaluate(async (url) => (await fetch(url)).headers.get('content-type'), feed)
    await page.inspect('account')

    // A document in its own form.
    await showAsDocument(page, mediaId, SAMPLE)
    await page.inspect('book')
    await page.press('button', '1')
    result.note = await page.textOf('.note-popover')
    await page.inspect('note')
    await page.pressKey('Escape')
    result.afterNote = await page.waitFor(() => !document.querySelector('.note-popover') && document.activeElement.className)
    await page.navigate('/account')
    await page.waitForSelector('.table td')
    // Markup that would run or leave in a careless page. Engines report what the policy forbids while they parse, though nothing is run.
    await page.collectErrors()
    const errors = [...page.engine.messages]
    await showAsDocument(page, mediaId, HOSTILE)
    result.markup = await whatReachedThePage(page)
    await page.collectErrors()
    page.engine.messages.splice(0, Infinity, ...errors, ...page.engine.messages.slice(errors.length).filter((text) => !/^policy: |Content.Security.Policy/.test(text)))
    step('book')
    await page.navigate('/account')
    await page.waitForSelector('.table td')
    if (page.isNarrow) {
      await page.press('button', 'Menu')
      await page.inspect('menu')
      await page.pressKey('Escape')
    }
    await page.press('button', 'Sign out')
    await page.waitForRole('heading', 'Sign in')
    step('signed out')
  },

  /** Uploads that are rejected, interrupted by a reload, and concurrent. In Chromium. */
  async uploads() {
    await page.open(job.web)
    await signUp()
    await addFiles([job.files.hostile])
    await page.waitForSelector('.upload.rejected')
    result.reason = await page.textOf('.upload-reason')
    await page.inspect('rejected')
    await page.press('button', 'Clear finished')

    const { page: tab, context } = page.engine
    const devtools = await context.newCDPSession(tab)
    const throttle = (bytesPerS) => devtools.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerS })
    await devtools.send('Network.enable')
    await throttle(6_000_000)
    const partOf = (request) => request.method() === 'PUT' && Number(new URL(request.url()).searchParams.get('partNumber'))
    const parts = []
    const arrived = new Set()
    tab.on('request', (request) => { if (partOf(request)) parts.push(partOf(request)) })
    tab.on('response', (response) => { if (partOf(response.request()) && response.status() === 200) arrived.add(partOf(response.request())) })
    await addFiles([job.files.large])
    await page.waitForRole('button', /^Pause/)
    await page.inspect('sending')
    while (arrived.size < 1) await tab.waitForTimeout(50)
    await page.press('button', /^Pause/)
    await page.waitForRole('button', /^Resume/)
    result.arrivedBefore = [...arrived]
    await throttle(-1)
    parts.length = 0
    await page.reload()
    await page.waitForSelector('.upload.ready')
    result.sentAfter = [...parts]

    await addFiles(job.files.several)
    await page.waitFor((count) => document.querySelectorAll('.upload.ready').length === count, job.files.several.length + 1)
    const countCards = () => page.evaluate(() => document.querySelectorAll('.media-card').length)
    const waitForCards = (count) => page.waitFor((expected) => document.querySelectorAll('.media-card').length === expected, count)
    result.shown = await countCards()
    await page.press('button', 'Clear finished')
    await page.waitFor((count) => document.querySelectorAll('.media-card img').length === count, result.shown - 1)     // in the trash they have none

    // Move two to the trash and undo it from the toast.
    await page.press('button', 'List')
    for (const index of [0, 1]) await page.tap({ css: '.media-card input[type=checkbox]', index })
    await page.inspect('selection')
    await page.press('button', 'Move to trash')
    await waitForCards(result.shown - 2)
    await page.press('button', 'Undo')
    await waitForCards(result.shown)
    result.restored = true
  },
}

await run(journeys[job.journey])
