// Takes the pictures of the documentation in Chromium, of a library that was filled before. Called by doc_pictures.py with a job on
// standard input: {programs, web, user, password, folder, files: {rejected, more}}. They are as sharp as those of a phone.
import { readFileSync } from 'node:fs'
import { start } from './chromium.mjs'

const job = JSON.parse(readFileSync(0, 'utf8'))
const browser = await start(job.programs[0])

async function signIn({ width, height, theme, scale }) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, deviceScaleFactor: scale, hasTouch: width < 600 })
  const page = await context.newPage()
  page.setDefaultTimeout(240_000)
  await page.goto(job.web)
  await page.getByLabel('Username or email').fill(job.user)
  await page.getByLabel('Password', { exact: true }).fill(job.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.locator('.media-card').nth(6).waitFor()
  await page.waitForFunction(() => [...document.querySelectorAll('.media-card img')].filter((image) => image.naturalWidth).length >= 4)
  const save = async (name, options = {}) => {
    await page.waitForTimeout(600)          // until nothing moves
    await page.screenshot({ path: `${job.folder}/${name}.png`, ...options })
  }
  const open = async (title) => {
    await page.goto(`${job.web}/#/library`)
    await page.getByRole('link', { name: title, exact: true }).first().click()
  }
  const playUntil = async (word) => {
    await page.getByRole('region', { name: 'Player' }).getByRole('button', { name: 'Play', exact: true }).click()
    await page.waitForFunction((wanted) => [...(CSS.highlights.get('spoken-word') ?? [])].some((range) => String(range) === wanted), word)
  }
  const pause = () => page.getByRole('button', { name: 'Pause', exact: true }).click()
  return { context, page, save, open, playUntil, pause }
}

/** A part of the window around an element. */
const around = async (locator, { width, height, dx = 0, dy = 0 }) => {
  const box = await locator.boundingBox()
  return { x: Math.max(0, box.x + box.width / 2 - width / 2 + dx), y: Math.max(0, box.y + dy), width, height }
}

const wide = await signIn({ width: 1280, height: 800, theme: 'light', scale: 1 })
await wide.save('library')
await wide.open('How a Lighthouse Works')
await wide.page.locator('.textLayer span').first().waitFor()
await wide.playUntil('dark')
await wide.save('pages')
await wide.pause()
await wide.open('The Lighthouse Year')
await wide.page.locator('.book img').first().waitFor()
await wide.page.waitForFunction(() => document.querySelector('.book img').naturalWidth > 0)
await wide.page.getByRole('button', { name: 'Close player' }).click()
await wide.save('book')
await wide.page.getByRole('button', { name: 'Listen', exact: true }).click()
await wide.page.locator('.quote[aria-busy=false]').waitFor()
await wide.save('quote', { clip: await around(wide.page.getByRole('dialog'), { width: 640, height: 660, dy: -20 }) })
await wide.page.keyboard.press('Escape')
await wide.page.goto(`${job.web}/#/account`)
await wide.page.locator('.table td').first().waitFor()
await wide.save('account', { clip: { x: 256, y: 0, width: 1024, height: 640 } })
await wide.page.goto(`${job.web}/#/notes`)
await wide.page.locator('.annotation').first().waitFor()
await wide.save('notes', { clip: { x: 256, y: 60, width: 1024, height: 480 } })

const phone = await signIn({ width: 390, height: 844, theme: 'dark', scale: 2 })
await phone.save('library-phone')
await phone.open('How a Lighthouse Works')
await phone.page.getByRole('button', { name: 'Text', exact: true }).click()
await phone.page.locator('.text p').first().waitFor()
await phone.playUntil('answers')
await phone.save('text-phone')
await phone.pause()
await phone.context.close()

const settings = await signIn({ width: 390, height: 844, theme: 'light', scale: 2 })
await settings.open('How a Lighthouse Works')
await settings.page.getByRole('button', { name: 'Text', exact: true }).click()
await settings.page.locator('.text p').first().waitFor()
await settings.page.getByRole('button', { name: 'Reading settings' }).click()
await settings.page.getByLabel('Sepia').check({ force: true })
await settings.page.getByRole('dialog').evaluate((dialog) => { for (const part of [dialog, ...dialog.querySelectorAll('*')]) part.scrollTop = 0 })
await settings.save('settings-phone')

await wide.page.goto(`${job.web}/#/library`)
await wide.page.getByRole('button', { name: 'Add files' }).click()
await wide.page.locator('input[type=file][multiple]').first().setInputFiles([job.files.rejected, job.files.more])
await wide.page.locator('.upload.rejected').waitFor()
await wide.page.locator('.upload.ready').waitFor()
await wide.save('upload', { clip: { x: 640, y: 290, width: 640, height: 510 } })
await browser.close()
process.stdout.write('{}', () => process.exit())
