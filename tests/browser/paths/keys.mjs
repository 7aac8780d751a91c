// Nothing but the keyboard: in, to a document, listening, faster, and out of every dialog; and what a screen reader is told of it.
import { answer, job, page, run, step } from '../visit.mjs'
import { prepare } from './checks.mjs'
import { announced, dialog, hearAnnouncements, heard, isPlaying, tab, untilLit } from './tab.mjs'

const key = (name) => tab.keyboard.press(name)
const focused = () => tab.evaluate(() => window.checks.nameOf(document.activeElement))

/** Tab, until what has the focus is called so. */
async function tabTo(name) {
  const passed = []
  for (let steps = 0; steps < 60; steps++) {
    await key('Tab')
    passed.push(await focused())
    if (passed.at(-1).endsWith(`> ${name}`)) return
  }
  throw new Error(`Tab does not lead to ${name}, but to ${passed.join(', ')}`)
}

const hasFocus = (name, options) => tab.waitForFunction((wanted) => window.checks.nameOf(document.activeElement).endsWith(`> ${wanted}`), name, options)

async function intoTheLibrary() {
  await tabTo('User name or email')
  await tab.keyboard.type(job.user)
  await tabTo('Password')
  await tab.keyboard.type(job.password)
  await key('Enter')
  await tab.getByRole('heading', { name: 'Library' }).waitFor()
}

/** A dialog takes the focus, keeps it, and gives it back. */
async function inAndOutOfADialog() {
  await tab.getByRole('link', { name: 'letters', exact: true }).waitFor()
  const name = page.isNarrow ? 'Add' : 'Add files'
  await tabTo(name)
  const before = await focused()
  await key('Enter')
  await dialog.waitFor()
  const inside = []
  for (let steps = 0; steps < 8; steps++) {
    await key('Tab')
    inside.push(await tab.evaluate(() => document.activeElement === document.body || !!document.activeElement.closest('dialog')))
  }
  await key('Escape')
  await hasFocus(name, { timeout: 5000 }).catch(() => undefined)
  answer.dialog = { before, inside, after: await focused() }
}

async function listening() {
  await tabTo('letters')
  await key('Enter')
  await tab.locator('.text').waitFor()
  await tabTo('Skip to the content')
  await key('Enter')
  await key('Tab')
  await key('ArrowDown')
  await key('ArrowDown')
  await key('Enter')
  await tab.locator('.quote[aria-busy=false]').waitFor()
  await tabTo('Read aloud')
  await announced()
  await key('Enter')
  await untilLit()
  await tab.waitForFunction(() => document.querySelector('.player progress') === null)
  answer.announced = await announced()
  await heard(6)
  answer.announcedMeanwhile = await announced()
  await isPlaying(true)
  await key('Space')     // the paragraph has the focus again
  await isPlaying(false)
  await tabTo('Play')
  await key('Enter')
  await isPlaying(true)
  await tabTo('Speed: 1×')
  await key('Enter')
  await hasFocus('1×')
  await key('ArrowDown')
  await hasFocus('1.1×')
  await key('Enter')
  answer.speed = await focused()
  await key('Enter')
  await hasFocus('1.1×')
  await key('Escape')
  answer.afterMenu = await focused()
  await tab.keyboard.press('Shift+Tab')
  await untilLit()
  answer.heardFaster = await heard(3)
}

await run(async () => {
  await prepare()
  await hearAnnouncements()
  await page.open(job.web)
  await tab.getByRole('heading', { name: 'Sign in' }).waitFor()
  answer.announcedAtFirst = await announced()
  await intoTheLibrary()
  answer.announcedInTheLibrary = await announced()
  await inAndOutOfADialog()
  step('in')
  await listening()
  step('heard')
})
