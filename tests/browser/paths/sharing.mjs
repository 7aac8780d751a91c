// Share links: created, protected and revoked by their owner, and read by someone without an account.
import { job, page, result, run, signIn, step } from '../journey.mjs'
import { dialog, goTo, player, press, selectAction, selectItem, tab, waitForPlaying, waitForSpokenWord } from './tab.mjs'

const PASSWORD = 'salt and stars'     // pragma: allowlist secret
const card = (title) => tab.getByRole('link', { name: title, exact: true })

/** Create a link in the open dialog and return it. */
async function createLink({ password = '', allowsDownload = false } = {}) {
  await dialog.getByLabel('Password (optional)').fill(password)
  if (allowsDownload) await dialog.getByLabel('Allow downloads').check()
  await dialog.getByRole('button', { name: 'Create link' }).click()
  const link = await dialog.getByRole('textbox', { name: 'Link', exact: true }).inputValue()
  return link
}

async function shareDocument() {
  await selectAction('letters', 'Share')
  await dialog.getByRole('button', { name: 'Create link' }).waitFor()
  await page.inspect('share')
  const link = await createLink({ password: PASSWORD })
  await page.inspect('share-created')
  await tab.keyboard.press('Escape')
  return link
}

async function shareCollection() {
  await goTo('/collections')
  await card(/Evening/).click()
  await tab.getByRole('heading', { name: 'Evening' }).waitFor()
  await selectItem('More', 'Share')
  const link = await createLink({ allowsDownload: true })
  await tab.keyboard.press('Escape')
  return link
}

/** Read a protected document: wrong password, right one, and the recording with lit words. */
async function readDocument(link) {
  await tab.goto(link)
  const password = tab.getByLabel('Password', { exact: true })
  await password.fill('salt and star')
  await page.inspect('share-locked')
  await press('Open')
  result.wrong = await tab.locator('.error-text').innerText()
  await password.fill(PASSWORD)
  await press('Open')
  await player.waitFor()
  await page.inspect('share-text')
  await press('Play')
  await waitForPlaying(true)
  await waitForSpokenWord()
  result.spoken = await tab.evaluate(() => [...CSS.highlights.get('spoken-word')].map(String))
  await press('Pause')
  result.documentButtons = await tab.locator('.reader-bar button').evaluateAll((all) => all.map((button) => button.ariaLabel))
}

const pageNumber = () => tab.getByRole('textbox', { name: 'Go to page' }).inputValue()

/** The place is kept on the device, without a request. */
async function continueReading() {
  await tab.mouse.move(200, 400)
  await tab.mouse.wheel(0, 1200)
  const kept = await tab.waitForFunction(() => Object.values(JSON.parse(localStorage.getItem('visionary.sharedPlaces') ?? '{}')).find(({ page }) => page > 1)?.page)
  await tab.reload()
  await tab.locator('.textLayer span').first().waitFor()
  await tab.waitForFunction(() => scrollY > 400)
  result.place = { left: await kept.jsonValue(), reloaded: Number(await pageNumber()) }
}

async function readCollection(link) {
  await tab.goto(link)
  await tab.locator('.shared-items li').first().waitFor()
  await page.inspect('share-collection')
  result.items = await tab.locator('.shared-items strong').allInnerTexts()
  await tab.locator('.shared-items a').first().click()
  await tab.locator('.textLayer span').first().waitFor()
  await press('More')
  result.menu = await tab.getByRole('menuitem').allInnerTexts()
  await tab.keyboard.press('Escape')
  await continueReading()
  await tab.getByRole('link', { name: 'Back', exact: true }).click()
  await tab.locator('.shared-items li').first().waitFor()
}

/** A shared sound ends without a look at the queue, and stops when its screen is left: no other one has its buttons. */
async function hearSound() {
  await tab.evaluate(() => {
    const { play } = HTMLMediaElement.prototype
    window.played = new Set()
    HTMLMediaElement.prototype.play = function () { window.played.add(this); return play.call(this) }
  })
  await tab.getByRole('link', { name: /^sound/ }).click()
  await player.waitFor()
  await press('Play')
  await waitForPlaying(true)
  await waitForPlaying(false)     // it has ended
  result.toasts = await tab.locator('.toast').allInnerTexts()
  await page.inspect('share-sound')
  await press('Play')
  await waitForPlaying(true)
  await tab.getByRole('link', { name: 'Back', exact: true }).click()
  await tab.locator('.shared-items li').first().waitFor()
  result.paused = await tab.evaluate(() => [...window.played].map((element) => element.paused))
}

async function revokeAll(link) {
  await goTo('/account')
  const links = tab.locator('.share-list li')
  await links.first().waitFor()
  result.listed = await links.count()
  for (let left = result.listed; left > 0; left--) {
    await links.first().getByRole('button', { name: /^Revoke/ }).click()
    await tab.waitForFunction((count) => document.querySelectorAll('.share-list li').length < count, left)
  }
  await tab.goto(link)
  await tab.getByRole('heading', { name: /doesn’t work/ }).waitFor()
  await page.inspect('share-closed')
}

await run(async () => {
  await page.open(job.web)
  await signIn()
  const documentLink = await shareDocument()
  const collectionLink = await shareCollection()
  step('shared')
  result.signedRequests = []
  const record = (request) => {
    if (request.url().includes('/api/') && request.headers().authorization) result.signedRequests.push(request.url())
  }
  await tab.goto('about:blank')
  tab.on('request', record)
  await readDocument(documentLink)
  step('read')
  await tab.goto('about:blank')
  await readCollection(collectionLink)
  await hearSound()
  await tab.goto('about:blank')
  tab.off('request', record)
  await revokeAll(collectionLink)
  step('revoked')
})
