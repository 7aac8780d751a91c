// A day with a book, in every engine: read, left, found again, listened to, annotated, and taken along without a network.
import { addFiles, job, page, result, run, signUp, step } from './journey.mjs'

const TITLE = 'The Lighthouse Year'
const [NOTED, HIGHLIGHTED_OFFLINE] = ['nobody counts the waves', 'every ship knows the beam']

const waitForSpokenWord = () => page.waitFor(() => probe.highlightedText('spoken-word'))
const waitForDrawn = (name) => page.waitFor((key) => CSS.highlights.get(key)?.size > 0, `annotation-${name}`)
const pressItem = async (menu, item) => {
  await page.press('button', menu)
  await page.press('menuitem', item)
}
/** The offset in the text of the first run below the reader's bar. */
const firstVisibleOffset = () => page.evaluate(() => {
  const top = document.querySelector('.reader-bar').getBoundingClientRect().bottom
  return Number([...document.querySelectorAll('.book [data-start]')].find((run) => run.getBoundingClientRect().bottom > top + 8)?.dataset.start)
})
const secondsPlayed = () => page.evaluate(() => Number(document.querySelector('.player [type=range]').value) / 1000)
const openBook = async () => {
  await page.press('link', TITLE)
  await page.waitForSelector('.book [data-start]')
}
const openLibrary = async () => {
  await page.press('link', 'Back')
  await page.waitForSelector('.media-card')
}

/** Press Back while the text still scrolls, on a page that is too busy to leave before the text has come to rest. */
const leaveWhileScrolling = async () => {
  await page.evaluate(() => {
    addEventListener('pointerdown', () => {
      scrollBy({ top: innerHeight, behavior: 'instant' })
      dispatchEvent(new Event('scroll'))
    }, { once: true, capture: true })
    addEventListener('click', () => {
      const start = performance.now()
      while (performance.now() - start < 400);
    }, { once: true })
  })
  await openLibrary()
}

/** Select a text that is shown, with the mouse. */
async function select(text) {
  const find = (wanted) => {
    const walker = document.createTreeWalker(document.querySelector('.book'), NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
      const start = walker.currentNode.data.indexOf(wanted)
      if (start < 0) continue
      const range = new Range()
      range.setStart(walker.currentNode, start)
      range.setEnd(walker.currentNode, start + wanted.length)
      return range
    }
    return null
  }
  const points = await page.waitFor(`async (wanted) => {
    const range = (${find})(wanted)
    if (!range) return null
    range.startContainer.parentElement.scrollIntoView({ block: 'center', behavior: 'instant' })
    await new Promise((resolve) => setTimeout(resolve, 300))
    const rects = [...range.getClientRects()].filter(({ width }) => width > 1)
    const [first, last] = [rects[0], rects.at(-1)]
    return [{ x: first.left + 1, y: first.top + first.height / 2 }, { x: last.right - 1, y: last.top + last.height / 2 }]
  }`, text)
  await page.engine.drag(...points)
  await page.waitForRole('toolbar', 'Selected passage')
}

/** Record where the first item of the library is, from now on. */
const recordItemTops = () => page.evaluate(() => {
  window.itemTops = new Set()
  const look = () => {
    const item = document.querySelector('.media-card')
    if (item) window.itemTops.add(Math.round(item.getBoundingClientRect().top + scrollY))
    requestAnimationFrame(look)
  }
  look()
})

/** The place is kept after leaving, and after a reload without an address. */
async function readAndReturn() {
  await openBook()
  await page.waitFor(() => document.querySelector('.book img')?.naturalWidth > 0)
  await page.waitForSelector('.book table th')
  result.picture = await page.evaluate(() => document.querySelector('.book img').alt)
  await page.inspect('everyday-book')
  for (let count = 0; count < 4; count++) {
    await page.pressKey('PageDown')
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 400)))
  }
  await page.waitFor(() => /[?&]at=[1-9]/.test(location.hash))
  result.place = { left: await firstVisibleOffset() }
  await recordItemTops()
  await openLibrary()
  await page.waitForSelector('.continue a')
  result.place.itemTops = await page.evaluate(() => [...window.itemTops])
  result.place.progress = await page.textOf('.continue a .dim')
  await page.inspect('everyday-continue')
  await openBook()
  await page.waitFor(() => scrollY > 0)
  result.place.back = await firstVisibleOffset()
  await openLibrary()
  await page.reload()
  await page.waitForSelector('.media-card')
  await openBook()
  await page.waitFor(() => scrollY > 0)
  result.place.reloaded = await firstVisibleOffset()
  await leaveWhileScrolling()
  await openBook()
  await page.waitFor(() => scrollY > 0)
  result.place.next = await firstVisibleOffset()
}

/** The sound goes on in the library, where a second document is queued. */
async function listenElsewhere() {
  await page.press('button', 'Listen')
  await page.waitForSelector('.quote[aria-busy=false]')
  await page.press('button', 'Start listening')
  await waitForSpokenWord()
  await page.waitFor(() => !document.querySelector('.player progress'))
  result.spoken = await page.evaluate(() => probe.collectSpokenWords(4))
  await openLibrary()
  const time = () => page.waitFor(() => document.querySelector('.mini-player-text .dim')?.innerText)
  result.mini = [await time()]
  await pressItem('Actions for letters', 'Add to queue')
  await page.waitFor(() => /1 item added to the queue/.test(document.body.innerText))
  await page.waitFor((before) => document.querySelector('.mini-player-text .dim').innerText !== before, result.mini[0])
  result.mini.push(await time())
  await page.inspect('everyday-mini-player')
  await page.press('link', `Open ${TITLE}`)
  await page.waitForRole('button', 'Pause')
}

async function annotate() {
  await page.press('button', 'Bookmark')
  await waitForDrawn('bookmark')
  await page.press('button', 'Pause')
  await select(NOTED)
  await page.inspect('everyday-selection')
  await page.press('button', 'Highlight: Green')
  await waitForDrawn('green')
  await select(NOTED)
  await page.press('button', 'Add note')
  await page.fill('Your note', 'Who would?')
  await page.inspect('everyday-note')
  await page.press('button', 'Save')
  await waitForDrawn('note')
}

/** Kept on the device, the book is opened, heard and annotated without a network; what was done there arrives. */
async function goOffline() {
  await pressItem(`Actions for ${TITLE}`, 'Keep offline')
  await page.waitFor((title) => document.body.innerText.includes(`“${title}” is on this device`), TITLE)
  await page.collectErrors()
  const errors = [...page.engine.messages]
  await page.engine.disconnect(true)
  await page.press('button', 'Play')
  const before = await secondsPlayed()
  await page.waitFor((start) => document.querySelector('.player [type=range]').value / 1000 > start + 2, before)
  await page.press('button', 'Pause')
  await page.waitForSelector('.network-sign span')
  await select(HIGHLIGHTED_OFFLINE)
  await page.press('button', 'Highlight: Pink')
  await waitForDrawn('pink')
  await page.reload()                     // from the device
  await page.waitForSelector('.book [data-start]')
  await page.waitFor(() => [...document.querySelectorAll('.book img')].some((image) => image.naturalWidth > 0))
  await waitForDrawn('pink')
  await page.waitFor(() => document.querySelector('.player [type=range]')?.value > 0)
  result.offline = { resumedAt: await secondsPlayed(), before }
  await page.press('button', 'Play')
  await waitForSpokenWord()
  result.offline.spoken = await page.evaluate(() => probe.collectSpokenWords(3))
  await page.press('button', 'Pause')
  await page.inspect('everyday-offline')
  result.offline.pausedAt = await secondsPlayed()
  await page.engine.disconnect(false)
  await page.waitFor(() => !document.querySelector('.network-sign span'))
  await page.waitFor(() => localStorage.getItem('visionary.waitingWrites') === null)
  await page.collectErrors()
  page.engine.messages.splice(0, Infinity, ...errors)     // an engine reports each request that found no network
}

/** After a reload with a network everything is there. */
async function findEverything() {
  await page.navigate('/notes')
  await page.waitForRole('heading', 'Notes')     // Firefox refuses a reload in the middle of going there
  await page.reload()
  await page.waitFor(() => document.querySelectorAll('main .annotation').length >= 3)
  result.annotations = await page.evaluate(() => [...document.querySelectorAll('main .annotation')].map((item) => item.innerText))
  await page.inspect('everyday-notes')
  await page.navigate('/library')
  await page.waitForSelector('.media-card')     // the notes have a link of the same name
  await openBook()
  await page.waitFor(() => document.querySelector('.player [type=range]')?.value > 0)
  result.offline.after = await secondsPlayed()
  await pressItem('More', 'Queue')
  await page.waitForSelector('.queue li')
  result.queue = await page.textOf('.queue li .queue-item')
  await page.pressKey('Escape')
}

await run(async () => {
  await page.open(job.web)
  await signUp()
  await addFiles([job.files.book, job.files.letters])
  await page.waitFor(() => document.querySelectorAll('.upload.ready').length === 2)
  await page.press('button', 'Clear finished')
  step('uploaded')
  await readAndReturn()
  step('read')
  await listenElsewhere()
  step('listened')
  await annotate()
  step('annotated')
  await goOffline()
  step('offline')
  await findEverything()
  step('found')
})
