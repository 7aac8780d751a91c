// Scores every screen of the page with Lighthouse in Chromium. Called by __main__.py with a job on standard input:
//   {programs, web, user, password, media: {name: id}, runs, slowdown, reports?}
// Writes by screen the run of the median performance: {performance, accessibility, bestPractices, seo, layoutShift, largestPaint, blocked, power, faults} to standard output.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import lighthouse from 'lighthouse'
import { throttling } from 'lighthouse/core/config/constants.js'

const PORT = 9333
const job = JSON.parse(readFileSync(0, 'utf8'))
const profile = mkdtempSync(join(tmpdir(), 'lighthouse-'))

/** Do some work in a browser of its own, with the same profile: one that has shown pages before takes 150 ms to let Lighthouse attach. */
async function withBrowser(work) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: job.programs[0],
    args: ['--no-sandbox', '--disable-gpu', '--mute-audio', `--remote-debugging-port=${PORT}`],
  })
  try {
    return await work(context)
  } finally {
    await context.close()
  }
}

/** Load a screen as a phone does, and score it. */
async function score(name, path) {
  // The session is in the storage, and would be removed.
  const phone = { ...throttling.mobileSlow4G, cpuSlowdownMultiplier: job.slowdown }
  const flags = { port: PORT, output: 'html', disableStorageReset: true, logLevel: 'error', maxWaitForLoad: 60_000, throttling: phone }
  const { lhr, report } = await lighthouse(`${job.web}/${path}`, flags)
  if (job.reports) writeFileSync(join(job.reports, `${name}.html`), report)
  const { performance, accessibility, 'best-practices': bestPractices, seo } = lhr.categories
  const points = (category) => Math.round(category.score * 100)
  const faults = [accessibility, bestPractices, seo].flatMap(({ auditRefs }) => auditRefs.filter(({ id, weight }) => weight > 0 && lhr.audits[id].score !== null && lhr.audits[id].score < 1).map(({ id }) => id))
  return {
    performance: points(performance),
    accessibility: points(accessibility),
    bestPractices: points(bestPractices),
    seo: points(seo),
    layoutShift: lhr.audits['cumulative-layout-shift'].numericValue,
    largestPaint: lhr.audits['largest-contentful-paint'].numericValue,
    blocked: lhr.audits['total-blocking-time'].numericValue,
    power: lhr.environment.benchmarkIndex,
    faults,
  }
}

/** Single runs differ by ten points and more where other programs share the processor; Lighthouse's documents advise the median. */
async function median(name, path) {
  const results = []
  for (let count = 0; count < job.runs; count++) results.push(await withBrowser(() => score(name, path)))
  return results.sort((a, b) => a.performance - b.performance)[Math.floor(job.runs / 2)]
}

const scores = {}
try {
  if (job.reports) mkdirSync(job.reports, { recursive: true })
  scores['sign-in'] = await median('sign-in', '')
  const screens = { library: '#/library', collections: '#/collections', notes: '#/notes', trash: '#/trash', search: '#/library?q=keeper', account: '#/account' }
  for (const [name, id] of Object.entries(job.media)) screens[name] = `#/media/${id}`
  await withBrowser(async (context) => {
    const page = await context.newPage()
    await page.goto(job.web)
    await page.getByLabel('Username or email').fill(job.user)
    await page.getByLabel('Password', { exact: true }).fill(job.password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('heading', { name: 'Library' }).waitFor()
    // Functions start now: they would share the processor with the page.
    for (const path of Object.values(screens)) {
      await page.goto(`${job.web}/${path}`)
      await page.waitForTimeout(2000)
    }
  })
  for (const [name, path] of Object.entries(screens)) scores[name] = await median(name, path)
} finally {
  rmSync(profile, { recursive: true, force: true })
}
process.stdout.write(JSON.stringify(scores), () => process.exit())
