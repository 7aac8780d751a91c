// The account: how the page looks and speaks, podcast links, a forgotten password, taking everything along, leaving.
import { add, answer, job, page, run, signUp, step } from '../visit.mjs'
import { context, dialog, press, room, saved, tab } from './tab.mjs'

const appearance = () => tab.evaluate(() => [document.documentElement.dataset.theme, getComputedStyle(document.body).colorScheme, document.documentElement.lang, document.querySelector('h1').textContent])

/** Chosen once, and so after every reload. */
async function settings() {
  await room('/account')
  await tab.getByRole('heading', { name: 'Account' }).waitFor()
  const before = await appearance()
  const wanted = job.theme === 'dark' ? 'Light' : 'Dark'
  await tab.getByLabel(wanted, { exact: true }).check()
  await tab.reload()
  await tab.locator('h1').waitFor()
  answer.appearance = { before, after: await appearance(), wanted: wanted.toLowerCase() }
  await page.look('account-other-theme')
  await tab.getByLabel('As the system', { exact: true }).check()
}

async function podcast() {
  await room('/collections')
  await press('New collection')
  await tab.getByRole('textbox', { name: 'Name' }).fill('Evenings')
  await press('Create')
  await tab.getByRole('heading', { name: 'Evenings' }).waitFor()
  await room('/account')
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await press('Make a new link')
  const shown = await tab.getByRole('textbox', { name: 'Podcast links' }).inputValue()
  await press('Copy the link')
  await tab.getByText('The link was copied.').waitFor()
  const copied = await tab.evaluate(() => navigator.clipboard.readText())
  const feed = async () => {
    const found = await fetch(copied)
    return [found.status, found.headers.get('content-type'), (await found.text()).slice(0, 2000)]
  }
  answer.podcast = { shown, copied, before: await feed() }
  await press('Revoke')
  await tab.getByText('The feed of Evenings leads nowhere any more.').waitFor()
  answer.podcast.after = await feed()
}

async function forgotten() {
  await press('Sign out')
  await press('Forgot your password?')
  await tab.getByLabel('User name or email').fill(job.user)
  await page.look('forgotten')
  await press('Send a code')
  await tab.getByLabel('Code from the email').fill((await tab.locator('.note').textContent()).match(/\d{6}/)[0])
  await tab.getByLabel('New password', { exact: true }).fill(`${job.password} too`)
  await press('Set the password')
  await tab.getByRole('heading', { name: 'Account' }).waitFor()
}

async function everythingAlong() {
  await press('Check the seals')
  await tab.getByText(/entries are as they were written/).waitFor()
  await press('Make an export')
  answer.export = await saved(() => press('Download'))
}

async function leaving() {
  await press('Erase everything')
  await tab.getByLabel('Your user name').fill(job.user)
  await page.look('erase')
  await dialog.getByRole('button', { name: 'Erase everything' }).click()
  await tab.getByRole('heading', { name: 'Receipt of an erasure' }).waitFor()
  await tab.getByText('Done, nothing was left').waitFor()
  answer.facts = await tab.locator('.figures').innerText()
  await page.look('receipt')
  answer.receipt = await saved(() => press('Download the receipt'))
}

await run(async () => {
  await page.open(job.web)
  await signUp()
  await add([job.files.letters])
  await tab.locator('.upload.ready').waitFor()
  await press('Clear finished')
  await settings()
  await podcast()
  step('settled')
  await forgotten()
  await everythingAlong()
  step('taken along')
  await leaving()
  step('left')
})
