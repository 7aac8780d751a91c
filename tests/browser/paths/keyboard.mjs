// Using the page with the keyboard only: signing in, dialogs, listening; and what screen readers announce.
import { job, page, result, run, step } from '../journey.mjs'
import { prepare } from './checks.mjs'
import { dialog, recordAnnouncements, spokenWords, tab, takeAnnouncements, waitForPlaying, waitForSpokenWord } from './tab.mjs'

const pressKey = (name) => tab.keyboard.press(name)
const focused = () => tab.evaluate(() => window.checks.nameOf(document.activeElement))

/** Press Tab until the element with this name has the focus. */
async function tabTo(name) {
  const visited = []
  for (let steps = 0; steps < 60; steps++) {
    await pressKey('Tab')
    visited.push(await focused())
    if (visited.at(-1).endsWith(`> ${name}`)) return
  }
  throw new Error(`Tab does not reach ${name}, only ${visited.join(', ')}`)
}

const waitForFocus = (name, options) => tab.waitForFunction((expected) => window.checks.nameOf(document.activeElement).endsWith(`> ${expected}`), name, options)

async function signInByKeyboard() {
  await tabTo('Username or email')
  await tab.keyboard.type(job.user)
  await tabTo('Password')
  await tab.keyboard.type(job.password)
  await pressKey('Enter')
  await tab.getByRole('heading', { name: 'Library' }).waitFor()
}

/** A dialog keeps the focus inside and restores it when it closes. */
async function openAndCloseDialog() {
  await tab.getByRole('link', { name: 'letters', exact: true }).waitFor()
  const name = page.isNarrow ? 'Add' : 'Add files'
  await tabTo(name)
  const focusedBefore = await focused()
  await pressKey('Enter')
  await dialog.waitFor()
  const areInside = []
  for (let steps = 0; steps < 8; steps++) {
    await pressKey('Tab')
    areInside.push(await tab.evaluate(() => document.activeElement === document.body || !!document.activeElement.closest('dialog')))
  }
  await pressKey('Escape')
  await waitForFocus(name, { timeout: 5000 }).catch(() => undefined)
  result.dialog = { focusedBefore, areInside, focusedAfter: await focused() }
}

async function listenByKeyboard() {
  await tabTo('letters')
  await pressKey('Enter')
  await tab.locator('.text').waitFor()
  await tabTo('Skip to content')
  await pressKey('Enter')
  await pressKey('Tab')
  await pressKey('ArrowDown')
  await pressKey('ArrowDown')
  await pressKey('Enter')
  await tab.locator('.quote[aria-busy=false]').waitFor()
  await tabTo('Start listening')
  await takeAnnouncements()
  await pressKey('Enter')
  await waitForSpokenWord()
  await tab.waitForFunction(() => document.querySelector('.player progress') === null)
  result.announced = await takeAnnouncements()
  await spokenWords(6)
  result.announcedWhileSpeaking = await takeAnnouncements()
  await waitForPlaying(true)
  await pressKey('Space')     // the paragraph has the focus
  await waitForPlaying(false)
  await tabTo('Play')
  await pressKey('Enter')
  await waitForPlaying(true)
  await tabTo('Speed: 1×')
  await pressKey('Enter')
  await waitForFocus('1×')
  await pressKey('ArrowDown')
  await waitForFocus('1.1×')
  await pressKey('Enter')
  result.focusedAfterSelecting = await focused()
  await pressKey('Enter')
  await waitForFocus('1.1×')
  await pressKey('Escape')
  result.focusedAfterEscape = await focused()
  await tab.keyboard.press('Shift+Tab')
  await waitForSpokenWord()
  result.spokenAtHigherSpeed = await spokenWords(3)
}

await run(async () => {
  await prepare()
  await recordAnnouncements()
  await page.open(job.web)
  await tab.getByRole('heading', { name: 'Sign in' }).waitFor()
  result.announcedOnLoad = await takeAnnouncements()
  await signInByKeyboard()
  result.announcedInTheLibrary = await takeAnnouncements()
  await openAndCloseDialog()
  step('library')
  await listenByKeyboard()
  step('listened')
})
