// How fast the page is in Chromium: the first screen, a long library, a long PDF. Called by page.py with a job on standard input:
//   {engine, programs, width, theme, web, user, password, items, mediaId}
// Answers figures on standard output, all times in ms.
import { readFileSync } from 'node:fs'
import { Visitor } from '../tests/browser/visitor.mjs'

const SCROLL_MS = 5_000
const job = JSON.parse(readFileSync(0, 'utf8'))
const page = await Visitor.come(job)
const seen = {}

/** From a change of the address to what a function finds in the page, looked for at every frame. */
const arrives = (hash, css, isThere = () => true) =>
  page.ask(
    `async (hash, css) => {
      const isThere = ${isThere}
      const begun = performance.now()
      location.hash = hash
      for (;;) {
        await new Promise(requestAnimationFrame)
        const found = document.querySelector(css)
        if (found && isThere(found)) return performance.now() - begun
        if (performance.now() - begun > 60_000) throw new Error(css + ' never came')
      }
    }`,
    hash, css,
  )

try {
  await page.open(job.web)
  await page.see('heading', 'Sign in')
  seen.first = await page.ask(async () => {
    const largest = await new Promise((resolve) => {
      new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime)).observe({ type: 'largest-contentful-paint', buffered: true })
    })
    const long = await new Promise((resolve) => {
      new PerformanceObserver((list) => resolve(list.getEntries())).observe({ type: 'longtask', buffered: true })
      setTimeout(() => resolve([]), 200)
    })
    const scripts = probe.scripts()
    const loaded = performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd
    return {
      firstPaint: probe.firstPaintMs(),
      largestPaint: largest,
      interactive: Math.max(loaded, probe.firstPaintMs(), ...long.map((task) => task.startTime + task.duration)),
      blocked: long.reduce((sum, task) => sum + task.duration - 50, 0),
      scriptBytes: scripts.reduce((sum, script) => sum + script.bytes, 0),
    }
  })
  await page.fill('User name or email', job.user)
  await page.fill('Password', job.password)
  const pressed = Date.now()
  await page.press('button', 'Sign in')
  await page.seeAny('.cell')
  seen.library = Date.now() - pressed

  // Down to the end, which loads all; then up again, as fast as a hand flicks.
  const begun = Date.now()
  await page.until((items) => {
    scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' })
    return Number(document.querySelector('.virtual > li')?.ariaSetSize) >= items
  }, job.items)
  seen.allLoaded = Date.now() - begun
  seen.scrolling = await page.ask(async (duration) => {
    const long = []
    new PerformanceObserver((list) => long.push(...list.getEntries().map((task) => task.duration))).observe({ type: 'longtask' })
    const frames = []
    const start = performance.now()
    let before = start
    while (before - start < duration) {
      scrollBy({ top: -120, behavior: 'instant' })
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
      cells: document.querySelectorAll('.cell').length,
    }
  }, SCROLL_MS)

  // Twice: with the reader's scripts, and when they are there.
  const painted = (canvas) => canvas.width > 0 && canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value, at) => at % 4 < 3 && value < 128)
  seen.pageOneFirst = await arrives(`/media/${job.mediaId}`, '.pdf-page[data-page="1"] canvas', painted)
  await page.go('/library')
  await page.seeAny('.cell')
  seen.pageOneAgain = await arrives(`/media/${job.mediaId}`, '.pdf-page[data-page="1"] canvas', painted)
} finally {
  await page.leave()
}
process.stdout.write(JSON.stringify(seen), () => process.exit())
