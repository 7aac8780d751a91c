// Reading: a long text, a PDF whose address runs out, and how it all looks.
import { answer, job, page, run, signIn, step } from '../visit.mjs'
import { dialog, open, press, room, tab } from './tab.mjs'

/** What is near is loaded, and the last chapter is a leap away. */
async function longText() {
  await open('long')
  await tab.locator('.text h2').first().waitFor()
  if (page.isNarrow) {
    await press('What to do with long')
    await tab.getByRole('menuitem', { name: 'Contents' }).click()
  } else await press('Contents')
  await dialog.getByRole('button').last().click()
  answer.lastChapter = await tab.waitForFunction(() => {
    const heading = [...document.querySelectorAll('.text h2')].at(-1)
    const place = heading?.getBoundingClientRect()
    return place && place.top > 0 && place.bottom < innerHeight && heading.textContent
  }).then((found) => found.jsonValue())
  answer.missing = await tab.locator('.text-missing').count()
  for (const paper of ['High contrast', 'Dark', 'White']) {
    await press('Reading settings')
    await tab.getByLabel(paper, { exact: true }).check()
    await tab.keyboard.press('Escape')
    await page.look(`paper-${paper.toLowerCase().replace(' ', '-')}`)
  }
}

/** The file comes in pieces, and storage refuses the address in the middle: further pages come with a fresh one. */
async function addressRunsOut() {
  const drawn = (number) => tab.waitForFunction((wanted) => document.querySelector(`[data-page="${wanted}"] canvas`), number)
  const asked = { refused: 0, fresh: 0 }
  let isOver = false
  tab.on('response', (response) => { if (isOver && response.url().includes('/url?variant=view')) asked.fresh++ })
  await tab.route((url) => url.searchParams.has('X-Amz-Signature') && url.pathname.endsWith('view.pdf'), async (route) => {
    if (isOver && !asked.fresh) {
      asked.refused++
      return route.fulfill({ status: 403, headers: { 'access-control-allow-origin': '*' } })
    }
    if (route.request().headers().range) return route.continue()
    const whole = await route.fetch()     // breaks off soon, so that the rest is asked for piece by piece
    return route.fulfill({ response: whole, body: (await whole.body()).subarray(0, 500_000), headers: whole.headers() })
  })
  await open('scans')
  await drawn(1)
  isOver = true
  await tab.getByLabel('Go to page').fill('12')
  await tab.keyboard.press('Enter')
  await drawn(12)
  answer.expired = asked
  answer.shownInPlace = await tab.locator('.pdf-page').allInnerTexts().then((texts) => texts.filter(Boolean))
  await page.look('pages-after-refusal')
  await tab.unrouteAll({ behavior: 'ignoreErrors' })
}

await run(async () => {
  await page.open(job.web)
  await signIn()
  await longText()
  step('long')
  await addressRunsOut()
  await room('/library')
  step('expired')
})
