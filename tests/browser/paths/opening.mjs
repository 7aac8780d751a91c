// Opening a document by its address, its pictures, its pages in the dark, and printing it.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { addFiles, job, page, result } from '../journey.mjs'
import { goTo, openMedia, press, tab } from './tab.mjs'

/** Reload the page; return how far what is shown moved while it was loaded, as Cumulative Layout Shift. */
export async function shiftOnReload(selector) {
  await tab.reload()
  await tab.locator(selector).first().waitFor()
  return tab.evaluate(() => new Promise((resolve) => {
    let shift = 0
    new PerformanceObserver((list) => { for (const { value } of list.getEntries()) shift += value }).observe({ type: 'layout-shift', buffered: true })
    setTimeout(() => resolve(shift), 1500)
  }))
}

/** A picture is in its place with a fresh address, when storage rejects the one that the section had. */
async function showExpiredPicture(mediaId) {
  const seen = { sections: 0, rejected: 0 }
  await tab.route(`**/v1/media/${mediaId}/document/0`, async (route) => {
    const response = await route.fetch()
    const section = await response.json()
    seen.sections++
    const address = `${job.web}/api/picture.png?${seen.sections > 1 ? 'fresh' : 'expired'}`
    return route.fulfill({ response, json: { ...section, html: `<figure><img data-image="p" alt="A picture" width="240" height="150"></figure>${section.html}`, images: { p: address } } })
  })
  await tab.route('**/api/picture.png?*', (route) => {
    if (route.request().url().endsWith('?fresh')) return route.fulfill({ contentType: 'image/png', body: readFileSync(job.files.picture) })
    seen.rejected++
    return route.fulfill({ status: 403 })
  })
  await goTo(`/media/${mediaId}?at=0`)     // the reader remembers another place
  await tab.reload()
  seen.width = await tab.waitForFunction(() => document.querySelector('.book img')?.naturalWidth).then((handle) => handle.jsonValue())
  await tab.unrouteAll({ behavior: 'ignoreErrors' })
  return seen
}

export async function openBook() {
  await openMedia('long')
  await tab.locator('.book h2').first().waitFor()
  const mediaId = await tab.evaluate(() => /media\/([^?]+)/.exec(location.hash)[1])
  await goTo(`/media/${mediaId}?at=0`) // not where it was left
  result.shifts = { book: await shiftOnReload('.book h2') }
  result.picture = await showExpiredPicture(mediaId)

  // Ctrl+P prints the whole text.
  await tab.evaluate(() => { window.print = () => { window.printed = { missing: document.querySelectorAll('.text-placeholder').length, end: document.querySelector('.book').innerText.trim().slice(-20) } } })
  await tab.locator('.book').focus()
  await tab.keyboard.press('Control+p')
  result.printed = await tab.waitForFunction(() => window.printed).then((handle) => handle.jsonValue())
  await tab.emulateMedia({ media: 'print' })
  result.printedBars = await tab.locator('.reader-bar, .player, .toasts').evaluateAll((elements) => elements.filter((element) => element.checkVisibility()).length)
  await tab.emulateMedia({ media: 'screen' })

  await openMedia('scans')
  await tab.locator('.pdf-page canvas').first().waitFor()
  result.shifts.pages = await shiftOnReload('.pdf-page canvas')
  await press('Dark pages')
  await page.inspect('dark-pages')
  await press('Dark pages')
}

/** A picture has its place before it is loaded. */
export async function openPicture() {
  await goTo('/library')
  await addFiles([job.files.picture])
  await tab.locator('.upload.ready').waitFor()
  await press('Clear finished')
  await openMedia(basename(job.files.picture, '.png'))
  result.shifts.image = await shiftOnReload('.image[src]')
}
