// A reader turns the device and changes the font: the line or page that is read stays in the window.
import { addFiles, job, page, result, run, signUp } from './journey.mjs'

const [PORTRAIT, LANDSCAPE, SMALLEST] = [[390, 844], [844, 390], [320, 844]]

/** The offset in the text of the line at the top of the window, below the bar: within its paragraph by its share of the height. */
const lineRead = () => page.evaluate(() => {
  const top = Math.max(0, document.querySelector('.reader-bar').getBoundingClientRect().bottom)
  const paragraph = [...document.querySelectorAll(':is(.text, .book) [data-start]')].find((element) => element.getBoundingClientRect().bottom > top)
  const rect = paragraph.getBoundingClientRect()
  return Number(paragraph.dataset.start) + (Math.max(0, top - rect.top) / rect.height) * paragraph.innerText.length
})
/** The page in the middle of the window, and the share of it above there. */
const pageRead = () => page.evaluate(() => {
  const pages = [...document.querySelectorAll('[data-page], .comic > li')]
  const index = pages.findIndex((candidate) => candidate.getBoundingClientRect().bottom > innerHeight / 2)
  const rect = pages[index].getBoundingClientRect()
  return Number(pages[index].dataset.page ?? index + 1) + Math.max(0, innerHeight / 2 - rect.top) / rect.height
})

/** Observe a place after something has changed the layout, and the page has come to rest. */
async function after(change, place) {
  await change()
  await page.evaluate(() => probe.followsWindow())
  let last = await place()
  await page.waitFor(() => new Promise((resolve) => setTimeout(() => resolve(true), 400)))
  for (;;) {
    const next = await place()
    if (next === last) return next
    last = next
  }
}
const turn = ([width, height]) => () => page.engine.resize(width, height)
async function add(files) {
  await addFiles(files)
  await page.waitFor((count) => document.querySelectorAll('.upload.ready').length === count, files.length)
  await page.press('button', 'Clear finished')
}
const open = async (title) => {
  await page.navigate('/library')
  await page.press('link', title)
}

async function readText(title) {
  await open(title)
  await page.waitForSelector(':is(.text, .book) [data-start]')
  for (let count = 0; count < 6; count++) await after(() => page.pressKey('PageDown'), lineRead)
  const places = [
    await lineRead(),
    await after(turn(SMALLEST), lineRead),
    await after(turn(LANDSCAPE), lineRead),
    await after(turn(PORTRAIT), lineRead),
  ]
  await page.press('button', 'Reading settings')
  places.push(await after(() => page.tapLabel('OpenDyslexic'), lineRead), await after(() => page.tapLabel('Literata'), lineRead))
  await page.pressKey('Escape')
  return places
}

async function readPages() {
  await open('pages')
  await page.waitForSelector('[data-page="1"] canvas')
  await page.tap({ label: 'Go to page' })
  await page.evaluate(() => document.querySelector('.page-field input').select())
  await page.engine.type('10')
  await page.pressKey('Enter')
  await page.waitForSelector('[data-page="10"] canvas')
  result.pages = [await after(() => undefined, pageRead)]
  const zoom = (name) => () => page.press('button', name)
  for (const change of [turn(LANDSCAPE), turn(PORTRAIT), zoom('Zoom in'), zoom('Zoom out')]) result.pages.push(await after(change, pageRead))
}

/** A comic from a page in the middle on, and back from there: the pages before it are loaded on the way. */
async function readComic() {
  await open('comic')
  await page.waitForSelector('.comic img')
  await page.navigate(`${await page.evaluate(() => location.hash.slice(1).split('?')[0])}?page=12`)
  await page.waitFor(() => document.querySelector('.comic > li:nth-child(12) img')?.naturalWidth > 0)
  result.comic = [await after(() => undefined, pageRead)]
  for (const change of [turn(LANDSCAPE), turn(PORTRAIT)]) result.comic.push(await after(change, pageRead))
  result.comicBack = []
  for (let count = 0; count < 7; count++) result.comicBack.push(await after(() => page.pressKey('PageUp'), pageRead))
}

await run(async () => {
  await page.open(job.web)
  await signUp()
  const { comic, ...others } = job.files
  await add(Object.values(others))
  result.text = await readText('story')
  result.book = await readText('The Long Chapter')
  await readPages()
  await page.navigate('/library')
  await add([comic])     // the list shows only what is near the window: the last one is the first
  await readComic()
})
