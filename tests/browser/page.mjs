// Goes through the page in a real browser as a person would, in every engine alike, and tells what was seen; see visit.mjs.
import { add, answer, job, openAdd, page, run, signUp, step } from './visit.mjs'

const WORDS = 8     // enough to see that they follow each other
const PRESSED = [4, 1, 6]     // paragraphs: on, back, and on

const untilLit = () => page.until(() => probe.lit('spoken-word'))
const listen = (count = WORDS) => page.ask((words) => probe.listen(words), count)
/** Where one is, to the second. Not of how much: the recording may still grow. */
const place = () => page.ask(() => document.querySelector('.player [type=range]')?.getAttribute('aria-valuetext').split(' of ')[0])

/** What was under the finger at the beginning of a paragraph, for the page scrolls meanwhile, and what was heard from then on. */
async function pressParagraph(index) {
  await page.ask((count) => probe.notePress(count), 5)
  await page.tap({ css: '.text p', index }, { x: 6, y: 10 })
  return page.until(() => probe.whatWasPressed())
}

const journeys = {
  /** From nothing to hearing the highlighted word, and through every room. */
  async whole() {
    await page.open(job.web)
    await page.see('heading', 'Sign in')
    await page.look('sign-in')
    answer.firstScripts = await page.ask(() => probe.scripts())
    answer.firstPaintMs = await page.ask(() => probe.firstPaintMs())
    await signUp()
    step('signed up')
    await page.look('empty')
    await openAdd()
    await page.look('add')
    await add([job.files.document])
    await page.seeAny('.upload.ready')
    step('ready')
    await page.until(() => document.querySelector('.cell img')?.naturalWidth)
    await page.look('library')
    await page.press('button', 'Clear finished')

    await page.press('link', 'sample')
    await page.seeAny('.textLayer span')
    step('page one')
    await page.press('button', 'Listen')
    await page.seeAny('.quote[aria-busy=false]')
    answer.quote = await page.text('.quote')
    await page.look('quote')
    await page.press('button', 'Read aloud')
    await untilLit()
    step('first word')
    answer.heardInPages = await listen()
    answer.sentence = await page.ask(() => probe.lit('spoken-sentence'))
    await page.look('pages')
    await page.press('button', 'Text')
    await untilLit()
    answer.heardInText = await listen()
    await page.look('text')

    // Words are pressed while it plays, and heard from there on.
    await page.until(() => document.querySelector('.player [type=range]')?.max > 150_000)
    answer.pressed = []
    for (const index of PRESSED) answer.pressed.push(await pressParagraph(index))
    step('words were pressed')
    await page.press('button', 'Next sentence')
    await page.press('button', /^Pause/)
    answer.pausedAt = await place()
    await page.press('button', /^Speed/)
    await page.look('speed')
    await page.press('menuitemradio', '2×')
    await page.press('button', 'Reading settings')
    await page.check('Sepia')
    await page.check('OpenDyslexic')
    await page.look('settings')
    await page.check('Literata')
    await page.key('Escape')
    await page.look('sepia')

    // Another visit goes on at the same place.
    await page.reload()
    await page.until(() => document.querySelector('.player [type=range]')?.value > 0)
    answer.wentOnAt = await place()
    step('came back')

    await page.go('/library?q=mercury')
    await page.seeAny('.hits mark')
    await page.look('search')
    await page.tap({ css: '.hits a' })
    answer.found = await page.until(() => probe.lit('found'))
    await page.go('/collections')
    await page.press('button', 'New collection')
    await page.fill('Name', 'Evenings')
    await page.look('new-collection')
    await page.press('button', 'Create')
    await page.see('heading', 'Evenings')
    await page.look('collection')
    await page.go('/account')
    await page.seeAny('.table td')
    await page.press('button', 'Make a new link')
    const feed = await page.until(() => [...document.querySelectorAll('main input')].find((input) => input.value.includes('://'))?.value)
    answer.feed = await page.ask(async (url) => (await fetch(url)).headers.get('content-type'), feed)
    await page.look('account')
    if (page.isNarrow) {
      await page.press('button', 'Menu')
      await page.look('menu')
      await page.key('Escape')
    }
    await page.press('button', 'Sign out')
    await page.see('heading', 'Sign in')
    step('signed out')
  },

  /** What is refused is said in the API's words; what is cut off by a reload goes on; several go in at once. In Chromium. */
  async uploads() {
    await page.open(job.web)
    await signUp()
    await add([job.files.hostile])
    await page.seeAny('.upload.rejected')
    answer.why = await page.text('.upload-why')
    await page.look('rejected')
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
    await add([job.files.large])
    await page.see('button', /^Pause/)
    await page.look('sending')
    while (arrived.size < 1) await tab.waitForTimeout(50)
    await page.press('button', /^Pause/)
    await page.see('button', /^Go on/)
    answer.arrivedBefore = [...arrived]
    await throttle(-1)
    parts.length = 0
    await page.reload()
    await page.seeAny('.upload.ready')
    answer.sentAfter = [...parts]

    await add(job.files.several)
    await page.until((count) => document.querySelectorAll('.upload.ready').length === count, job.files.several.length + 1)
    const shown = () => page.ask(() => document.querySelectorAll('.cell').length)
    const untilShown = (count) => page.until((wanted) => document.querySelectorAll('.cell').length === wanted, count)
    answer.shown = await shown()
    await page.press('button', 'Clear finished')

    // Two into the trash at once, and back with the notice's button.
    await page.press('button', 'List')
    for (const index of [0, 1]) await page.tap({ css: '.cell input[type=checkbox]', index })
    await page.look('selection')
    await page.press('button', 'Move to the trash')
    await untilShown(answer.shown - 2)
    await page.press('button', 'Undo')
    await untilShown(answer.shown)
    answer.restored = true
  },
}

await run(journeys[job.journey])
