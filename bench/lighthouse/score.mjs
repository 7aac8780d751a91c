// Scores every screen of the page with Lighthouse in Chromium. Called by __main__.py with a job on standard input:
//   {programs, web, user, password, media: {name: id}, reports?}
// Writes by screen {performance, accessibility, bestPractices, seo, layoutShift, largestPaint, faults} to standard output.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import lighthouse from 'lighthouse'

const PORT = 9333
const job = JSON.parse(readFileSync(0, 'utf8'))
const profile = mkdtempSync(join(tmpdir(), 'lighthouse-'))
const context = await chromium.launchPersistentContext(profile, {
  executablePath: job.programs[0],
  args: ['--no-sandbox', '--disable-gpu', '--mute-audio', `--remote-debugging-port=${PORT}`],
})

/** Load a screen as a phone does, and score it. */
async function score(name, path) {
  // The session is in the storage, and would be removed.
  const flags = { port: PORT, output: 'html', disableStorageReset: true, logLevel: 'error', maxWaitForLoad: 60_000 }
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
    faults,
  }
}

const scores = {}
try {
  if (job.reports) mkdirSync(job.reports, { recursive: true })
  scores['sign-in'] = await score('sign-in', '')
  const page = await context.newPage()
  await page.goto(job.web)
  await page.getByLabel('Username or email').fill(job.user)
  await page.getByLabel('Password', { exact: true }).fill(job.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'Library' }).waitFor()
  await page.waitForTimeout(3000)
  await page.close()
  const screens = { library: '#/library', collections: '#/collections', notes: '#/notes', trash: '#/trash', search: '#/library?q=keeper', account: '#/account' }
  for (const [name, id] of Object.entries(job.media)) screens[name] = `#/media/${id}`
  for (const [name, path] of Object.entries(screens)) scores[name] = await score(name, path)
} finally {
  await context.close()
  rmSync(profile, { recursive: true, force: true })
}
process.stdout.write(JSON.stringify(scores), () => process.exit())
