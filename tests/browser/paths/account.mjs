// The account: an invitation, appearance, podcast links, API keys, pronunciation, webhooks, a forgotten password, export and erasure.
import { addFiles, job, page, result, run, signUp, step } from '../journey.mjs'
import { context, dialog, download, goTo, press, tab } from './tab.mjs'

const appearance = () => tab.evaluate(() => [document.documentElement.dataset.theme, getComputedStyle(document.body).colorScheme, document.documentElement.lang, document.querySelector('h1').textContent])

/** The theme is kept after a reload. */
async function changeTheme() {
  await goTo('/account')
  await tab.getByRole('heading', { name: 'Account' }).waitFor()
  const before = await appearance()
  const chosen = job.theme === 'dark' ? 'Light' : 'Dark'
  await tab.getByLabel(chosen, { exact: true }).check()
  await tab.reload()
  await tab.locator('h1').waitFor()
  result.appearance = { before, after: await appearance(), chosen: chosen.toLowerCase() }
  await page.inspect('account-other-theme')
  await tab.getByLabel('System', { exact: true }).check()
}

async function createAndRevokePodcastLink() {
  await goTo('/collections')
  await press('New collection')
  await tab.getByRole('textbox', { name: 'Name' }).fill('Evenings')
  await press('Create')
  await tab.getByRole('heading', { name: 'Evenings' }).waitFor()
  await goTo('/account')
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await press('Create link')
  const shown = await tab.getByRole('textbox', { name: 'Podcast links' }).inputValue()
  await press('Copy link')
  await tab.getByText('Link copied.').waitFor()
  const copied = await tab.evaluate(() => navigator.clipboard.readText())
  const feed = async () => {
    const response = await fetch(copied)
    return [response.status, response.headers.get('content-type'), (await response.text()).slice(0, 2000)]
  }
  result.podcast = { shown, copied, before: await feed() }
  await page.inspect('podcast-links')
  await press('Revoke link for Evenings')
  await tab.getByText('The link for Evenings no longer works.').waitFor()
  result.podcast.after = await feed()
  result.podcast.canRevoke = await tab.getByRole('button', { name: /^Revoke/ }).count()
  await tab.reload()
  result.activity = await tab.locator('.table tr', { hasText: 'Podcast link created' }).innerText()
}

/** A key is shown once, opens the library, and opens nothing once it is deleted. */
async function createAndDeleteApiKey() {
  await press('Create API key')
  await tab.getByLabel('Name', { exact: true }).fill('E-reader')
  await page.inspect('new-api-key')
  const response = tab.waitForResponse((candidate) => candidate.url().endsWith('/v1/api-keys') && candidate.request().method() === 'POST')
  await press('Create key')
  const address = (await response).url().replace('/api-keys', '/media')
  await dialog.getByRole('heading', { name: 'Your new API key' }).waitFor()
  const shown = await dialog.getByRole('textbox').inputValue()
  await page.inspect('created-api-key')
  await press('Copy key')
  await tab.getByText('Key copied.').waitFor()
  const copied = await tab.evaluate(() => navigator.clipboard.readText())
  const open = async () => (await fetch(address, { headers: { Authorization: `Bearer ${copied}` } })).status
  result.apiKey = { shown, copied, before: await open() }
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await tab.reload()
  const list = tab.locator('.api-keys')
  result.apiKey.listed = await list.innerText()
  await press('Delete the key E-reader')
  await dialog.getByRole('button', { name: 'Delete key', exact: true }).click()
  await list.waitFor({ state: 'detached' })
  result.apiKey.after = await open()
}

/** A webhook's secret is shown once. The name of its receiver does not exist. */
async function addWebhook() {
  await press('Add webhook')
  await dialog.getByRole('textbox', { name: 'Address' }).fill('https://hooks.invalid/visionary')
  await page.inspect('webhook')
  await press('Save')
  const secret = tab.getByRole('textbox', { name: 'Secret', exact: true })
  await secret.waitFor()
  result.webhook = { secret: await secret.inputValue(), state: await tab.locator('.webhook').innerText() }
  await page.inspect('webhook-secret')
  await tab.reload()
  await tab.locator('.webhook').waitFor()
  result.webhook.secretsAfterReload = await secret.count()
}

/** A pronunciation is counted and heard before it is saved. */
async function changePronunciation() {
  await press('Add pronunciation')
  await tab.getByLabel('Word or phrase').fill('keeper')
  await tab.getByLabel('Say', { exact: true }).fill('note')
  const affects = await tab.getByText(/^Affects/).innerText()
  const heard = tab.waitForResponse((response) => response.url().endsWith('/v1/lexicon/preview') && response.status() === 200)
  await press('Hear it')
  const { duration_ms: heardMs, spoken } = await (await heard).json()
  await page.inspect('pronunciation')
  await press('Save')
  await tab.getByText(/^Pronunciation saved/).waitFor()
  const list = tab.locator('.lexicon')
  const saved = await list.innerText()
  await press('Edit keeper')
  await tab.getByLabel('Say', { exact: true }).fill('memo')
  await press('Save')
  await list.getByText('memo').waitFor()
  await press('Delete keeper')
  await list.waitFor({ state: 'detached' })
  result.pronunciation = { affects, heardMs, spoken, saved }
}

const focusedLabel = () => tab.evaluate(() => document.activeElement.labels?.[0]?.innerText)

/** Each step has an address, so that Back leads to the one before, and its first field has the focus. */
async function goThroughSignIn() {
  await tab.getByLabel('Username or email').waitFor()
  const first = await focusedLabel()
  await tab.goto(`${job.web}/#/collections`)
  await press('New here? Create account')
  await tab.getByRole('heading', { name: 'Create account' }).waitFor()
  const second = await focusedLabel()
  await tab.reload()
  await tab.getByRole('heading', { name: 'Create account' }).waitFor()
  await tab.goBack()
  await tab.getByRole('heading', { name: 'Sign in' }).waitFor()
  result.signIn = { focused: [first, second], address: await tab.evaluate(() => location.hash) }
  await goTo('/library')
}

async function enterTemporaryPassword() {
  await tab.getByLabel('Username or email').fill(job.files.invited)
  await tab.getByLabel('Password', { exact: true }).fill(job.files.temporaryPassword)
  await press('Sign in')
  await tab.getByRole('heading', { name: 'Choose your password' }).waitFor()
}

/** The temporary password of an invitation is replaced before anything else is shown; a reload begins again. */
async function signInAsInvited() {
  await enterTemporaryPassword()
  result.invited = { focused: await focusedLabel(), address: await tab.evaluate(() => location.hash) }
  await page.inspect('new-password')
  await tab.reload()
  await tab.getByRole('heading', { name: 'Sign in' }).waitFor()
  result.invited.name = await tab.getByLabel('Username or email').inputValue()
  await enterTemporaryPassword()
  await tab.getByLabel('New password', { exact: true }).fill(job.password)
  await press('Set password')
  await tab.getByRole('heading', { name: 'Library' }).waitFor()
  await goTo('/account')
  await press('Sign out')
  await tab.getByRole('heading', { name: 'Sign in' }).waitFor()
  await goTo('/library')
}

async function resetPassword() {
  await press('Sign out')
  await press('Forgot your password?')
  await tab.getByLabel('Username or email').fill(job.user)
  await page.inspect('forgot-password')
  await press('Send code')
  await tab.getByLabel('Code from the email').waitFor()
  result.reset = { focused: await focusedLabel(), address: await tab.evaluate(() => location.hash) }
  await tab.getByLabel('Code from the email').fill((await tab.locator('.note').textContent()).match(/\d{6}/)[0])
  await tab.getByLabel('New password', { exact: true }).fill(`${job.password} too`)
  await press('Set password')
  await tab.getByRole('heading', { name: 'Account' }).waitFor()
}

async function exportData() {
  await press('Verify log')
  await tab.getByText(/entries verified/).waitFor()
  await press('Export')
  result.export = await download(() => press('Download'))
}

async function eraseAccount() {
  await press('Delete all data')
  await tab.getByLabel('Your username').fill(job.user)
  await page.inspect('erase')
  await dialog.getByRole('button', { name: 'Delete all data' }).click()
  await tab.getByRole('heading', { name: 'Deletion receipt' }).waitFor()
  await tab.getByText('Done: nothing is left').waitFor()
  result.facts = await tab.locator('.fact-list').innerText()
  await page.inspect('receipt')
  result.receipt = await download(() => press('Download receipt'))
}

await run(async () => {
  await page.open(job.web)
  await goThroughSignIn()
  await signInAsInvited()
  await signUp()
  await addFiles([job.files.letters])
  await tab.locator('.upload.ready').waitFor()
  await press('Clear finished')
  await changeTheme()
  await createAndRevokePodcastLink()
  await createAndDeleteApiKey()
  await changePronunciation()
  await addWebhook()
  step('podcast')
  await resetPassword()
  await exportData()
  step('exported')
  await eraseAccount()
  step('erased')
})
