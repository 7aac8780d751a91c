// One visit to the page by one person: what every script of a visit begins and ends with.
// Standard input: {"web", "engine", "programs", "journey", "width", "theme", "user", "password", "files": {…}, "pictures"?}
// Standard output: {"steps", "screens", "complaints", …} and what the visit itself wants to tell.
import { readFileSync } from 'node:fs'
import { Visitor } from './visitor.mjs'

export const job = JSON.parse(readFileSync(0, 'utf8'))
export const page = await Visitor.come(job)
export const answer = { steps: {} }

const began = Date.now()
/** How long it took to come here. */
export const step = (name) => { answer.steps[name] = Date.now() - began }

/** Somebody new: creates an account, and is in. */
export async function signUp() {
  await page.press('button', 'New here? Create an account')
  await page.fill('User name', job.user)
  await page.fill('Email', `${job.user}@example.com`)
  await page.fill('Password', job.password)
  await page.press('button', 'Create an account')
  const note = await page.text('.note')
  await page.fill('Code from the email', note.match(/\d{6}/)[0])
  await page.press('button', 'Confirm')
  await page.see('heading', 'Library')
}

/** Somebody who has an account. */
export async function signIn() {
  await page.fill('User name or email', job.user)
  await page.fill('Password', job.password)
  await page.press('button', 'Sign in')
  await page.see('heading', 'Library')
}

export const openAdd = () => page.press('button', /^Add( files)?$/)

export async function add(paths) {
  if (!(await page.ask(() => !!document.querySelector('dialog')))) await openAdd()
  await page.choose('input[type=file][multiple]', paths)
}

/** Make the visit, and tell what was seen; where it came to a stop, what was shown there. */
export async function run(visit) {
  try {
    await visit()
  } catch (error) {
    answer.failed = String(error.stack ?? error)
    answer.text = await page.ask(() => document.body.innerText.slice(0, 1500)).catch(() => '')
    if (job.pictures) await page.engine.picture(`${job.pictures}/failed-${job.journey}-${job.engine}-${job.width}.png`).catch(() => undefined)
  } finally {
    answer.screens = page.screens
    answer.complaints = await page.complaints()
    await page.leave()
  }
  process.stdout.write(JSON.stringify(answer), () => process.exit())     // what was started for it ends, too
}
