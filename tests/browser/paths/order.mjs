// Putting a library in order, and finding things again: states, search, tags, collections, several at once, the trash.
import { answer, job, page, run, signIn, step } from '../visit.mjs'
import { cells, choose, dialog, menuOf, press, room, tab, titles } from './tab.mjs'

async function byState() {
  await tab.getByRole('button', { name: 'List' }).click()
  answer.states = {}
  for (const state of ['Uploading', 'Checking', 'Not accepted', 'Ready']) {
    await choose(/^Filter/, new RegExp(`^${state}`), { role: 'menuitemradio' })
    await tab.getByRole('link', { name: `Remove the filter ${state}` }).waitFor()
    await tab.waitForFunction(() => document.querySelector('.cell'))
    answer.states[state] = { titles: await titles(), facts: await tab.locator('.cell-facts').allInnerTexts() }
    await page.look(`state-${state.toLowerCase().replace(' ', '-')}`)
  }
  await tab.getByRole('link', { name: /Remove the filter/ }).click()
  await cells(7)
}

/** Nothing is pressed but letters; a hit leads to its place, and nobody is called back to what was typed last. */
async function asOneTypes() {
  const field = tab.getByRole('searchbox')
  const marked = (word) => tab.locator('.hits mark', { hasText: new RegExp(word, 'i') }).first().waitFor()
  await field.pressSequentially('gull', { delay: 60 })
  await marked('gull')
  await field.pressSequentially('s nobody', { delay: 60 })
  await marked('nobody')
  answer.search = { snippets: await tab.locator('.hits .snippet').allInnerTexts() }
  await field.press('s')
  await tab.locator('.hits a').first().click()
  answer.search.found = await page.until(() => probe.lit('found'))
  answer.search.isInView = await tab.evaluate(() => {
    const { top, bottom } = [...CSS.highlights.get('found')][0].getBoundingClientRect()
    return top >= 0 && bottom <= innerHeight
  })
  await page.look('found')
  answer.search.stayed = tab.url().includes('#/media/')
  await room('/library?q=gulls')
  await marked('gull')
  await field.focus()
  await room('/trash')
  await tab.getByText('The trash is empty').waitFor()
  answer.search.asksElsewhere = await field.inputValue()
  await room('/library')
}

async function severalAtOnce() {
  const three = ['gulls', 'harbour', 'waves']
  for (const title of three) await tab.getByLabel(`Select ${title}`).check()
  await press('Tags')
  await tab.getByRole('textbox', { name: 'Tags to add' }).fill('evening, short')
  await press('Save')
  await tab.getByText('3 items tagged.').waitFor()
  await press('Deselect')
  if (page.isNarrow) await room('/library?tag=evening')     // a narrow list shows no tags
  else await tab.getByRole('link', { name: 'evening' }).first().click()
  await cells(3)
  answer.tagged = await titles()
  await page.look('filtered')
  await tab.getByLabel('Select gulls').check()
  await press('Select all shown')
  await press('Move to the trash')
  await tab.getByText('Nothing fits these filters').waitFor()
  await room('/trash')
  await cells(3)
  answer.trashed = await titles()
  await page.look('trash')
  await tab.getByLabel('Select gulls').check()
  await press('Select all shown')
  await press('Restore')
  await tab.getByText('The trash is empty').waitFor()
  await room('/library?tag=evening')
  await cells(3)
  answer.restored = await titles()
}

async function collection() {
  await menuOf('gulls', 'Rename')
  await tab.getByRole('textbox', { name: 'Title' }).fill('All the gulls')
  await press('Save')
  await tab.getByRole('link', { name: 'All the gulls' }).waitFor()
  await tab.getByLabel('Select waves').check()
  await press('Select all shown')
  await press('Put into a collection')
  await tab.getByRole('textbox', { name: 'Name' }).fill('Tonight')
  await press('Create')
  await press('Deselect')
  await room('/collections')
  await tab.getByRole('main').getByRole('link', { name: /Tonight/ }).click()
  await tab.locator('.handle').nth(2).waitFor()
  const before = await titles()
  const isKept = () => tab.waitForResponse((response) => response.request().method() === 'PUT' && response.url().includes('/media/'))
  await Promise.all([isKept(), tab.locator('.handle').first().press('ArrowDown')])
  answer.byKeys = [before, await titles()]
  await Promise.all([isKept(), tab.locator('.handle').nth(2).dragTo(tab.locator('.ordered').first())])
  const dragged = await titles()
  await page.look('ordered')
  await tab.reload()
  await tab.locator('.handle').nth(2).waitFor()
  answer.byHand = [answer.byKeys[1], dragged, await titles()]
  await Promise.all([isKept(), menuOf(dragged[2], 'Move up')])
  answer.byMenu = await titles()
  await tab.getByRole('button', { name: `What to do with ${dragged[0]}` }).click()
  answer.ofTheFirst = await tab.getByRole('menuitem').allInnerTexts()
  await tab.keyboard.press('Escape')
}

async function forGood() {
  await room('/library')
  await menuOf('waves', 'Move to the trash')
  await room('/trash')
  await menuOf('waves', 'Delete for good')
  await dialog.getByRole('button', { name: 'Delete for good' }).click()
  await tab.getByText('The trash is empty').waitFor()
}

await run(async () => {
  await page.open(job.web)
  await signIn()
  await byState()
  step('states')
  await asOneTypes()
  step('found')
  await severalAtOnce()
  step('several')
  await collection()
  await forGood()
  step('order')
})
