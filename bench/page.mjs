// Measures the page in Chromium: the first screen, a long library, a long PDF, a long book with pictures that is scrolled and read aloud.
// Called by page.py with a job on standard input:
//   {engine, programs, width, theme, web, user, password, items, mediaId, bookId, bookMiddle}
// Writes figures to standard output, all times in ms.
import { readFileSync } from 'node:fs'
import { PageDriver } from '../tests/browser/page_driver.mjs'

const WATCH_MS = 5_000
const FIRST_SCREENS = 5
const job = JSON.parse(readFileSync(0, 'utf8'))

/** Go to a screen and return how long it takes until an element matches, checked on every frame. */
const timeUntil = (hash, css, matches = () => true) =>
  page.evaluate(
    `async (hash, css) => {
      const matches = ${matches}
      const startedAt = performance.now()
      location.hash = hash
      for (;;) {
        await new Promise(requestAnimationFrame)
        const element = document.querySelector(css)
        if (element && matches(element)) return performance.now() - startedAt
        if (performance.now() - startedAt > 60_000) throw new Error(css + ' did not appear')
      }
    }`,
    hash, css,
  )

/** Watch the frames, and which words are lit in them, while the page is scrolled by so many pixels in each; return how smooth it was. */
const watchFrames = (step) =>
  page.evaluate(async (top, duration) => {
    const long = []
    new PerformanceObserver((list) => long.push(...list.getEntries().map((task) => task.duration))).observe({ type: 'longtask' })
    const frames = []
    const words = new Set()
    const start = performance.now()
    let before = start
    while (before - start < duration) {
      if (top) scrollBy({ top, behavior: 'instant' })
      words.add(probe.highlightedText('spoken-word'))
      await new Promise(requestAnimationFrame)
      const now = performance.now()
      frames.push(now - before)
      before = now
    }
    frames.sort((a, b) => a - b)
    return {
      framesPerS: (1000 * frames.length) / (before - start),
      p95: frames[Math.floor(frames.length * 0.95)],
      longest: frames.at(-1),
      longTasks: long.length,
      words: words.size,
      elements: document.querySelectorAll('*').length,
      cards: document.querySelectorAll('.media-card').length,
    }
  }, step, WATCH_MS)

/** The cumulative layout shift: the largest sum of shifts within five seconds and with pauses of at most one. */
async function largestShift() {
  const shifts = await new Promise((resolve) => {
    new PerformanceObserver((list) => resolve(list.getEntries())).observe({ type: 'layout-shift', buffered: true })
    setTimeout(() => resolve([]), 500)
  })
  let largest = 0
  let window = { start: 0, end: 0, sum: 0 }
  for (const { startTime, value, hadRecentInput } of shifts) {
    if (hadRecentInput) continue
    if (startTime - window.end > 1000 || startTime - window.start > 5000) window = { start: startTime, sum: 0 }
    window = { ...window, end: startTime, sum: window.sum + value }
    largest = Math.max(largest, window.sum)
  }
  return largest
}

/** Open the first screen in a browser that was just started, without anything stored, and return its figures. */
async function firstScreen() {
  const first = await PageDriver.launch(job)
  try {
    await first.open(job.web)
    await first.waitForRole('heading', 'Sign in')
    return await first.evaluate(async () => {
      const largest = await new Promise((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime)).observe({ type: 'largest-contentful-paint', buffered: true })
      })
      const long = await new Promise((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries())).observe({ type: 'longtask', buffered: true })
        setTimeout(() => resolve([]), 200)
      })
      const scripts = probe.loadedScripts()
      const loaded = performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd
      return {
        firstPaint: probe.firstPaintMs(),
        largestPaint: largest,
        interactive: Math.max(loaded, probe.firstPaintMs(), ...long.map((task) => task.startTime + task.duration)),
        blocked: long.reduce((sum, task) => sum + task.duration - 50, 0),
        scriptBytes: scripts.reduce((sum, script) => sum + script.bytes, 0),
      }
    })
  } finally {
    await first.close()
  }
}

const page = await PageDriver.launch(job)
const figures = {}
try {
  // The first start of a browser reads it from the disk: the median.
  const firsts = []
  for (let count = 0; count < FIRST_SCREENS; count++) firsts.push(await firstScreen())
  figures.first = firsts.sort((a, b) => a.firstPaint - b.firstPaint)[Math.floor(FIRST_SCREENS / 2)]
  await page.open(job.web)
  await page.waitForRole('heading', 'Sign in')
  await page.fill('Username or email', job.user)
  await page.fill('Password', job.password)
  const signInAt = Date.now()
  await page.press('button', 'Sign in')
  await page.waitForSelector('.media-card')
  figures.library = Date.now() - signInAt

  // Scroll to the end, which loads all items; then up again, as fast as a flick of the finger.
  const scrollAt = Date.now()
  await page.waitFor((items) => {
    scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' })
    return Number(document.querySelector('.virtual-list > li')?.ariaSetSize) >= items
  }, job.items)
  figures.allLoaded = Date.now() - scrollAt
  figures.scrolling = await watchFrames(-120)

  // Twice: with and without loading the reader's scripts.
  const isPainted = (canvas) => canvas.width > 0 && canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value, at) => at % 4 < 3 && value < 128)
  figures.pageOneFirst = await timeUntil(`/media/${job.mediaId}`, '.pdf-page[data-page="1"] canvas', isPainted)
  await page.navigate('/library')
  await page.waitForSelector('.media-card')
  figures.pageOneAgain = await timeUntil(`/media/${job.mediaId}`, '.pdf-page[data-page="1"] canvas', isPainted)

  const openBook = async (query) => {
    await page.navigate('/library')
    await page.waitForSelector('.media-card')
    return timeUntil(`/media/${job.bookId}${query}`, '.book [data-start]', (run) => run.getBoundingClientRect().height > 0)
  }
  figures.book = { start: await openBook('?at=0') }
  await page.press('button', 'Play')
  await page.waitFor(() => probe.highlightedText('spoken-word'))
  figures.book.playing = await watchFrames(0)
  await page.press('button', 'Pause')
  figures.book.middle = await openBook(`?at=${job.bookMiddle}`)
  figures.book.scrolling = await watchFrames(60)
  figures.layoutShift = await page.evaluate(largestShift)
} finally {
  await page.close()
}
process.stdout.write(JSON.stringify(figures), () => process.exit())
