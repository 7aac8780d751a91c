// What the visits in Chromium have in common beyond a visit: Playwright's page, and what one does in many rooms.
import { join } from 'node:path'
import { job, page } from '../visit.mjs'

export const { page: tab, context } = page.engine
tab.setDefaultTimeout(90_000)

/** The room of the page at this address. */
export const room = (path) => tab.goto(`${job.web}/#${path}`)

export const button = (name) => tab.getByRole('button', { name, exact: typeof name === 'string' }).locator('visible=true').first()
export const press = (name) => button(name).click()
export const dialog = tab.getByRole('dialog')
export const player = tab.getByRole('region', { name: 'Player' })

/** Opens a menu and chooses from it. */
export async function choose(menu, choice, { role = 'menuitem', within = tab } = {}) {
  await within.getByRole('button', { name: menu }).locator('visible=true').first().click()
  await tab.getByRole(role, { name: choice, exact: typeof choice === 'string' }).click()
}

export const menuOf = (title, choice) => choose(`What to do with ${title}`, choice)

export const cells = (count) => tab.waitForFunction((wanted) => document.querySelectorAll('.cell').length === wanted, count)
export const titles = () => tab.locator('.cell-name').allInnerTexts()

/** From its cell into the reader. */
export async function open(title) {
  await room('/library')
  await tab.getByRole('link', { name: title, exact: true }).click()
}

export const untilLit = () => tab.waitForFunction(() => [...(CSS.highlights.get('spoken-word') ?? [])].some((range) => String(range)))
export const heard = (count) => page.ask((words) => probe.listen(words), count)
export const isPlaying = (wanted) => player.getByRole('button', { name: wanted ? 'Pause' : 'Play', exact: true }).waitFor()
export const place = () => player.getByRole('slider').getAttribute('aria-valuetext')

/** What the browser saves when this is done: under which name, and where it lies. */
export async function saved(act) {
  const [file] = await Promise.all([tab.waitForEvent('download'), act()])
  const path = join(job.files.downloads, `${Date.now()}-${file.suggestedFilename()}`)
  await file.saveAs(path)
  return { name: file.suggestedFilename(), path }
}

/** What live regions say from now on, and after every load of the page: a screen reader hears that. */
export async function hearAnnouncements() {
  await tab.addInitScript(() => {
    window.announced = []
    const regionOf = (node) => (node instanceof Element ? node : node.parentElement)?.closest('[aria-live], [role=status], [role=alert], [role=log], output')
    new MutationObserver((changes) => {
      for (const { target } of changes) if (regionOf(target)) window.announced.push(regionOf(target).textContent)
    }).observe(document, { subtree: true, childList: true, characterData: true })
  })
}
export const announced = () => tab.evaluate(() => window.announced.splice(0))
