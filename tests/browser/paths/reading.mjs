// Reading: a long text with all backgrounds, a PDF whose URL expires, a scan while its text is recognized, and a comic book.
import { addFiles, job, page, result, run, signIn, step } from '../journey.mjs'
import { openBook, openPicture, shiftOnReload } from './opening.mjs'
import { context, dialog, goTo, measureBars, openMedia, press, spokenWords, tab, waitForSpokenWord } from './tab.mjs'

/** A long text is loaded in parts; the contents lead to its last chapter. */
async function readLongText() {
  await openMedia('long')
  await tab.locator('.text h2').first().waitFor()
  if (page.isNarrow) {
    await press('Actions for long')
    await tab.getByRole('menuitem', { name: 'Contents' }).click()
  } else await press('Contents')
  await dialog.getByRole('button').last().click()
  result.lastChapter = await tab.waitForFunction(() => {
    const heading = [...document.querySelectorAll('.text h1, .text h2')].find(({ textContent }) => textContent.startsWith('Chapter 40'))
    const box = heading?.getBoundingClientRect()
    return box && box.top > 0 && box.bottom < innerHeight && heading.textContent
  }).then((handle) => handle.jsonValue())
  result.placeholderCount = await tab.locator('.text-placeholder').count()
  for (const background of ['High contrast', 'Dark', 'White']) {
    await press('Reading settings')
    await tab.getByLabel(background, { exact: true }).check()
    await tab.keyboard.press('Escape')
    await page.inspect(`background-${background.toLowerCase().replace(' ', '-')}`)
  }
}

/** Ctrl+F finds what is not rendered, too; Enter goes on, and Escape closes the bar. */
async function findInLongText() {
  await openMedia('long')
  await tab.locator('.text h2').first().waitFor()
  await tab.keyboard.press('Control+f')
  const field = tab.getByRole('textbox', { name: 'Find in document' })
  await field.fill('CHAPTER 4')
  const status = tab.locator('.find-status')
  const current = () => page.waitFor(() => probe.highlightedText('find-current'))
  const isInView = () => tab.waitForFunction(() => {
    const [range] = CSS.highlights.get('find-current') ?? []
    const box = range?.getBoundingClientRect()
    return box && box.top >= 0 && box.bottom <= innerHeight
  })
  await status.getByText('of 2').waitFor()
  const first = await status.innerText() // it depends on the place at which the text was left
  const second = first === '1 of 2' ? '2 of 2' : '1 of 2'
  await isInView()
  result.found = [await current()]
  await field.press('Enter')
  await status.getByText(second).waitFor()
  await isInView()
  result.found.push(await current())
  await field.press('Shift+Enter')
  await status.getByText(first).waitFor()
  await isInView()
  await page.inspect('find')
  await field.fill('nowhere')
  await status.getByText('No results').waitFor()
  await field.press('Escape')
  await field.waitFor({ state: 'detached' })
  await tab.waitForFunction(() => !CSS.highlights.has('find-hit') && !CSS.highlights.has('find-current'))
}

/** The PDF is loaded in ranges; when storage rejects its expired URL, further pages use a fresh one. */
async function readPdfAfterExpiry() {
  const waitForPage = (number) => tab.waitForFunction((page) => document.querySelector(`[data-page="${page}"] canvas`), number)
  const requests = { rejected: 0, fresh: 0 }
  let isExpired = false
  tab.on('response', (response) => { if (isExpired && response.url().includes('/url?variant=view')) requests.fresh++ })
  await tab.route((url) => url.searchParams.has('X-Amz-Signature') && url.pathname.endsWith('view.pdf'), async (route) => {
    if (isExpired && !requests.fresh) {
      requests.rejected++
      return route.fulfill({ status: 403, headers: { 'access-control-allow-origin': '*' } })
    }
    if (route.request().headers().range) return route.continue()
    const response = await route.fetch()     // ends early, so that the rest is requested in ranges
    return route.fulfill({ response, body: (await response.body()).subarray(0, 500_000), headers: response.headers() })
  })
  await openMedia('scans')
  await waitForPage(1)
  isExpired = true
  await tab.getByLabel('Go to page').fill('12')
  await tab.keyboard.press('Enter')
  await waitForPage(12)
  result.expired = requests
  result.pageErrors = await tab.locator('.pdf-page').allInnerTexts().then((texts) => texts.filter(Boolean))
  await page.inspect('pages-after-expiry')
  await tab.unrouteAll({ behavior: 'ignoreErrors' })
}

const waitForSave = () => tab.waitForResponse((response) => response.request().method() === 'PUT' && response.url().endsWith('/position'))

/** What another device begins to read while the library is open is offered at the next visit, and moves nothing now. */
async function beginElsewhere(shelf) {
  const isShelf = /in_progress=true/
  const top = () => tab.locator('.media-card').first().evaluate((card) => card.getBoundingClientRect().top)
  await tab.route(isShelf, (route) => route.fulfill({ json: { items: [], next_cursor: null }, headers: { 'access-control-allow-origin': '*' } }))
  await tab.reload()
  const before = await top()
  await tab.unroute(isShelf)
  const loaded = tab.waitForResponse((response) => isShelf.test(response.url()))
  await context.setOffline(true)
  await context.setOffline(false)     // lists are loaded again
  await loaded
  await tab.waitForTimeout(500)
  const observed = { shelves: await shelf.count(), moved: (await top()) - before }
  await goTo('/notes')
  await goTo('/library')
  await shelf.waitFor()
  return observed
}

/** A place is kept without listening: in the address, on the server, for another device; the library offers to continue. */
async function keepPlace() {
  const currentPage = () => tab.getByLabel('Go to page').inputValue()
  const waitForPage = (number) => tab.waitForFunction((page) => document.querySelector('.page-field input')?.value === page && document.querySelector(`[data-page="${page}"] canvas`), number)
  await openMedia('pages')
  await waitForPage('1')
  await tab.getByLabel('Go to page').fill('150')
  await Promise.all([waitForSave(), tab.keyboard.press('Enter')])
  result.place = { address: new URL(tab.url()).hash.replace(/.*[?]/, '') }
  await tab.reload()
  await waitForPage('150')
  result.place.reloaded = await currentPage()
  await goTo('/library')
  const shelf = tab.getByRole('region', { name: 'Continue' })
  result.place.shelf = await shelf.innerText()
  await page.inspect('continue')
  result.place.late = await beginElsewhere(shelf)
  await tab.route(/in_progress=true/, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1000))     // the shelf comes after the library
    await route.continue()
  })
  result.shifts.library = await shiftOnReload('.media-card')
  await tab.unroute(/in_progress=true/)
  await tab.evaluate(() => sessionStorage.clear())     // as on another device: only the server knows the place
  await tab.reload()
  await shelf.getByRole('link', { name: /^pages/ }).click()
  await waitForPage('150')
  result.place.continued = await currentPage()
  await goTo('/library')
  const address = await tab.locator('.virtual-list').getByRole('link', { name: 'long', exact: true }).getAttribute('href')
  await goTo(`${address.slice(1)}?at=0`)
  await tab.reload()
  await tab.locator('.text p').first().waitFor()
  await tab.mouse.move(200, 400)
  await Promise.all([waitForSave(), tab.mouse.wheel(0, 4000)])
  const offset = Number(new URL(tab.url()).hash.replace(/.*at=/, ''))
  await goTo('/library')
  await shelf.getByRole('link', { name: /^long/ }).click()
  await tab.locator('.text p').first().waitFor()
  result.place.isTextInView = await tab.waitForFunction(() => scrollY > 3000).then(() => offset > 0)
}

/** A scan shows its progress; then its words can be selected and pressed, as on a printed page. */
async function readScan() {
  await goTo('/library')
  await addFiles([job.files.leaves])
  await tab.locator('.upload.ready').waitFor()
  await openMedia('leaves')
  const status = tab.locator('.recognition-status')
  result.recognizing = await status.innerText()
  await status.waitFor({ state: 'detached' })
  await tab.locator('.textLayer span', { hasText: 'harbour' }).first().waitFor()
  result.selected = await tab.evaluate(() => {
    getSelection().selectAllChildren(document.querySelector('.textLayer'))
    const selected = String(getSelection()).replace(/\s+/g, ' ').trim()
    getSelection().removeAllRanges() // pressing a selected word would do nothing
    return selected
  })
  await tab.locator('.textLayer span', { hasText: 'lanterns' }).first().click()
  await dialog.waitFor()
  result.pressed = await dialog.getByLabel('Start from').locator('option').allInnerTexts()
  await press('Start listening')
  await waitForSpokenWord()
  result.lit = await spokenWords(5)
  await page.inspect('recognized-scan')
  await press('Pause')
}

async function readComic() {
  await openMedia('comic')
  const pictures = tab.locator('main img')
  await pictures.nth(3).waitFor()
  result.comic = await pictures.evaluateAll((images) => Promise.all(images.map((image) => image.decode().then(() => [image.alt, image.naturalWidth]))))
  await page.inspect('comic')
  const size = tab.viewportSize()
  await tab.setViewportSize({ ...size, height: 360 })  // the pages of the sample are small
  await tab.mouse.move(200, 200)
  await Promise.all([waitForSave(), tab.mouse.wheel(0, 300)])
  const shownPage = () => tab.evaluate(() => [...document.querySelectorAll('.comic li')].findIndex((item) => item.getBoundingClientRect().bottom > 200) + 1)
  result.comicPlace = { address: new URL(tab.url()).hash.replace(/.*[?]/, ''), page: await shownPage() }
  await goTo('/library')
  await tab.reload()
  await openMedia('comic')
  await pictures.nth(3).waitFor()
  await tab.waitForFunction(() => scrollY > 100)
  result.comicPlace.opened = await shownPage()
  await tab.setViewportSize(size)
}

await run(async () => {
  await page.open(job.web)
  await signIn()
  await readLongText()
  step('long')
  await findInLongText()
  result.bars = await measureBars()
  step('found')
  await openBook()
  await openPicture()
  step('opened')
  await readPdfAfterExpiry()
  await goTo('/library')
  step('expired')
  await keepPlace()
  step('place')
  await readScan()
  step('recognized')
  await readComic()
  step('comic')
})
