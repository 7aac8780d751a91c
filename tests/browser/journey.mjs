// Shared by every script that uses the page: reads a job, drives the page and writes a result.
// Standard input: {"web", "engine", "programs", "journey", "width", "theme", "user", "password", "files": {…}, "pictures"?}
// Standard output: {"steps", "screens", "errors", …} and what the script itself adds.
import { readFileSync } from 'node:fs'
import { PageDriver } from './page_driver.mjs'

export const job = JSON.parse(readFileSync(0, 'utf8'))
export const page = await PageDriver.launch(job)
export const result = { steps: {} }

const startedAt = Date.now()
/** Record the time from the start to this step. */
export const step = (name) => { result.steps[name] = Date.now() - startedAt }

/** Create an account and sign in. */
export async function signUp() {
  await page.press('button', 'New here? Create account')
  await page.fill('Username', job.user)
  await page.fill('Email', `${job.user}@example.com`)
  await page.fill('Password', job.password)
  await page.press('button', 'Create account')
  const note = await page.textOf('.note')
  await page.fill('Code from the email', note.match(/\d{6}/)[0])
  await page.press('button', 'Confirm')
  await page.waitForRole('heading', 'Library')
}

/** Sign in to an existing account. */
export async function signIn() {
  await page.fill('Username or email', job.user)
  await page.fill('Password', job.password)
  await page.press('button', 'Sign in')
  await page.waitForRole('heading', 'Library')
}

export async function openAddFiles() {
  await page.press('button', /^Add( files)?$/)
  await page.waitForSelector('dialog')
}

export async function addFiles(paths) {
  if (!(await page.evaluate(() => !!document.querySelector('dialog')))) await openAddFiles()
  await page.chooseFiles('input[type=file][multiple]', paths)
}

/** Run a journey and write its result; if it fails, with the text of the screen it failed on. */
export async function run(journey) {
  try {
    await journey()
  } catch (error) {
    result.failed = String(error.stack ?? error)
    result.text = await page.evaluate(() => document.body.innerText.slice(0, 1500)).catch(() => '')
    if (job.pictures) await page.engine.screenshot(`${job.pictures}/failed-${job.journey}-${job.engine}-${job.width}.png`).catch(() => undefined)
  } finally {
    result.screens = page.screens
    result.errors = await page.errors()
    await page.close()
  }
  process.stdout.write(JSON.stringify(result), () => process.exit())     // ends the processes that it started
}
