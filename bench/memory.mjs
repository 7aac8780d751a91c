// Measures the page's memory while it plays in Chromium. Called by memory.py with a job on standard input:
//   {engine, programs, width, theme, web, user, password, mediaId, minutes, rate}
// Writes [{minute, heapBytes, nodes, listeners}] to standard output, one for each minute, after the garbage was collected.
import { readFileSync } from 'node:fs'
import { PageDriver } from '../tests/browser/page_driver.mjs'

const job = JSON.parse(readFileSync(0, 'utf8'))
const page = await PageDriver.launch(job)
const samples = []
try {
  await page.open(job.web)
  await page.fill('Username or email', job.user)
  await page.fill('Password', job.password)
  await page.press('button', 'Sign in')
  await page.waitForRole('heading', 'Library')
  await page.navigate(`/media/${job.mediaId}`)
  await page.press('button', /^Speed/)
  await page.press('menuitemradio', `${job.rate}×`)
  await page.press('button', 'Play')
  const devtools = await page.engine.context.newCDPSession(page.engine.page)
  await devtools.send('Performance.enable')
  const startedAt = Date.now()
  for (let minute = 0; minute <= job.minutes; minute++) {
    while (Date.now() < startedAt + minute * 60_000) {
      await new Promise((resolve) => setTimeout(resolve, 1000))
      // At its end it starts again.
      await page.evaluate(() => {
        const slider = document.querySelector('.player [type=range]')
        if (slider.value < slider.max - 2000) return
        slider.value = 0
        slider.dispatchEvent(new Event('input', { bubbles: true }))
        slider.dispatchEvent(new Event('change', { bubbles: true }))
        document.querySelector('.player .play[aria-label="Play"]')?.click()
      })
    }
    await devtools.send('HeapProfiler.collectGarbage')
    const { metrics } = await devtools.send('Performance.getMetrics')
    const value = (name) => metrics.find((metric) => metric.name === name).value
    const position = await page.evaluate(() => document.querySelector('.player [type=range]').getAttribute('aria-valuetext'))
    samples.push({ minute, heapBytes: value('JSHeapUsedSize'), nodes: value('Nodes'), listeners: value('JSEventListeners'), position })
    process.stderr.write(`${JSON.stringify(samples.at(-1))}\n`)
  }
} finally {
  await page.close()
}
process.stdout.write(JSON.stringify(samples), () => process.exit())
