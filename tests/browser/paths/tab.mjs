// Shared by the journeys in Chromium: Playwright's page, and actions that many of them need.
import { join } from 'node:path'
import { job, page } from '../journey.mjs'

export const { page: tab, context } = page.engine
tab.setDefaultTimeout(240_000)     // on a busy machine, a recording takes minutes

/** Go to a screen of the page. */
export const goTo = (path) => tab.goto(`${job.web}/#${path}`)

export const button = (name) => tab.getByRole('button', { name, exact: typeof name === 'string' }).locator('visible=true').first()
export const press = (name) => button(name).click()
export const dialog = tab.getByRole('dialog')
export const player = tab.getByRole('region', { name: 'Player' })

/** Open a menu and select an item. */
export async function selectItem(menu, item, { role = 'menuitem', within = tab } = {}) {
  await within.getByRole('button', { name: menu }).locator('visible=true').first().click()
  await tab.getByRole(role, { name: item, exact: typeof item === 'string' }).click()
}

/** Select an action in the menu of a media. */
export const selectAction = (title, action) => selectItem(`Actions for ${title}`, action)

export const waitForCards = (count) => tab.waitForFunction((expected) => document.querySelectorAll('.media-card').length === expected, count)
export const titles = () => tab.locator('.media-card-title').allInnerTexts()

/** Open a media from the library. */
export async function openMedia(title) {
  await goTo('/library')
  await tab.getByRole('link', { name: title, exact: true }).click()
}

export const waitForSpokenWord = () => tab.waitForFunction(() => [...(CSS.highlights.get('spoken-word') ?? [])].some((range) => String(range)))
export const spokenWords = (count) => page.evaluate((words) => probe.collectSpokenWords(words), count)
export const waitForPlaying = (isPlaying) => player.getByRole('button', { name: isPlaying ? 'Pause' : 'Play', exact: true }).waitFor()
export const positionText = () => player.getByRole('slider').getAttribute('aria-valuetext')

/** Save what an action downloads; return its suggested name and the path. */
export async function download(action) {
  const [file] = await Promise.all([tab.waitForEvent('download'), action()])
  const path = join(job.files.downloads, `${Date.now()}-${file.suggestedFilename()}`)
  await file.saveAs(path)
  return { name: file.suggestedFilename(), path }
}

/** Record from now on, also after reloads, what live regions announce to screen readers. */
export async function recordAnnouncements() {
  await tab.addInitScript(() => {
    window.announced = []
    const regionOf = (node) => (node instanceof Element ? node : node.parentElement)?.closest('[aria-live], [role=status], [role=alert], [role=log], output')
    new MutationObserver((changes) => {
      for (const { target } of changes) if (regionOf(target)) window.announced.push(regionOf(target).textContent)
    }).observe(document, { subtree: true, childList: true, characterData: true })
  })
}
export const takeAnnouncements = () => tab.evaluate(() => window.announced.splice(0))

/** Return the share of a short window's height that bars take which stay in place, at 200 % and at 400 % zoom. */
export async function measureBars() {
  const { width, height } = tab.viewportSize()
  const shares = []
  for (const size of [{ width: 640, height: 400 }, { width: 320, height: 256 }]) {
    await tab.setViewportSize(size)
    shares.push(await tab.evaluate(() => {
      const fixed = [...document.querySelectorAll('body *')].filter((element) => /fixed|sticky/.test(getComputedStyle(element).position))
      const visibleHeight = ({ top, bottom }) => Math.max(0, Math.min(bottom, innerHeight) - Math.max(top, 0))
      return fixed.reduce((sum, element) => sum + visibleHeight(element.getBoundingClientRect()), 0) / innerHeight
    }))
  }
  await tab.setViewportSize({ width, height })
  return shares
}
