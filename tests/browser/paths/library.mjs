// Organizing the library: filters, search, tags, collections, several media at once, the trash.
import { job, page, result, run, signIn, step } from '../journey.mjs'
import { context, dialog, goTo, press, selectAction, selectItem, tab, titles, waitForCards } from './tab.mjs'

async function filterByStatus() {
  await tab.getByRole('button', { name: 'List' }).click()
  result.statuses = {}
  for (const status of ['Uploading', 'Checking', 'Rejected', 'Ready']) {
    const filtered = tab.waitForResponse((response) => new URL(response.url()).searchParams.has('status'))     // not the cards of the filter before
    await selectItem(/^Filter/, new RegExp(`^${status}`), { role: 'menuitemradio' })
    await Promise.all([filtered, tab.getByRole('link', { name: `Remove filter: ${status}` }).waitFor()])
    await tab.waitForFunction(() => document.querySelector('.media-card'))
    result.statuses[status] = { titles: await titles(), facts: await tab.locator('.media-card-facts').allInnerTexts() }
    await page.inspect(`status-${status.toLowerCase().replace(' ', '-')}`)
  }
  await tab.getByRole('link', { name: /Remove filter:/ }).click()
  await waitForCards(7)
}

/** Results follow the typing; a hit opens its passage, and a pending search does not return the user to the library. */
async function searchWhileTyping() {
  const field = tab.getByRole('searchbox')
  const waitForHit = (word) => tab.locator('.hits mark', { hasText: new RegExp(word, 'i') }).first().waitFor()
  await field.pressSequentially('gul', { delay: 60 })
  await waitForHit('gull') // found by its beginning
  await field.press('l')
  await field.pressSequentially('s nobody', { delay: 60 })
  await waitForHit('nobody')
  result.search = { snippets: await tab.locator('.hits .snippet').allInnerTexts() }
  await field.press('s')
  await tab.locator('.hits a').first().click()
  result.search.highlighted = await page.waitFor(() => probe.highlightedText('search-hit'))
  result.search.isInView = await tab.evaluate(() => {
    const { top, bottom } = [...CSS.highlights.get('search-hit')][0].getBoundingClientRect()
    return top >= 0 && bottom <= innerHeight
  })
  await page.inspect('search-hit')
  result.search.staysInReader = tab.url().includes('#/media/')
  await goTo('/library?q=gulls')
  await waitForHit('gull')
  await field.focus()
  await goTo('/trash')
  await tab.getByText('Trash is empty').waitFor()
  result.search.textInTrash = await field.inputValue()
  await goTo('/library')
}

/** Back and the arrow of the reader lead to the list as it was left. */
async function returnToList() {
  const size = tab.viewportSize()
  const shown = () => tab.evaluate(() => [location.hash, scrollY])
  await tab.setViewportSize({ width: size.width, height: 480 })
  await goTo('/library?type=text/*')
  await tab.getByRole('heading', { name: 'Texts' }).waitFor()
  await waitForCards(6)
  await tab.mouse.move(size.width / 2, 300)
  await tab.mouse.wheel(0, 10_000)
  await tab.waitForFunction(() => scrollY > 0 && Math.ceil(scrollY + innerHeight) >= document.documentElement.scrollHeight)
  result.list = { left: await shown(), returned: [] }
  const [address, top] = result.list.left
  for (const goBack of [() => tab.goBack(), () => tab.getByRole('link', { name: 'Back' }).click()]) {
    await tab.getByRole('link', { name: 'harbour', exact: true }).click()
    await tab.locator('.reader-bar').waitFor()
    await goBack()
    await tab.waitForFunction(([hash, y]) => location.hash === hash && scrollY === y, [address, top])
    result.list.returned.push(await shown())
  }
  await goTo('/trash')
  await goTo('/library')
  result.list.byLink = await shown()
  await tab.setViewportSize(size)
}

/** Addresses that lead nowhere say so. */
async function openBadAddresses() {
  result.badAddresses = []
  for (const address of ['/media/%E0%A4%A', '/nowhere']) {
    await goTo(address)
    await tab.reload()
    await tab.getByRole('heading', { name: 'Page not found' }).waitFor()
    await tab.getByRole('link', { name: 'Go to library' }).click()
    result.badAddresses.push(await tab.getByRole('heading', { name: 'Library', exact: true }).innerText())
  }
}

async function editSeveral() {
  const three = ['gulls', 'harbour', 'waves']
  for (const title of three) await tab.getByLabel(`Select ${title}`).check()
  await press('Edit tags')
  await tab.getByRole('textbox', { name: 'Tags to add' }).fill('evening, short')
  await press('Save')
  await tab.getByText('Tags added to 3 items.').waitFor()
  await press('Clear selection')
  await press('Tags')
  await dialog.getByLabel('Find a tag').fill('EVEN')
  await dialog.getByRole('button', { name: /^short/ }).waitFor({ state: 'detached' })
  await page.inspect('tags')
  await dialog.getByRole('button', { name: /^evening/ }).click()
  await waitForCards(3)
  result.tagged = await titles()
  await page.inspect('filtered')
  await tab.getByLabel('Select gulls').check()
  await press('Select all shown')
  await press('Move to trash')
  await tab.getByText('No items match these filters').waitFor()
  await goTo('/trash')
  await waitForCards(3)
  result.trashed = await titles()
  await page.inspect('trash')
  await tab.getByLabel('Select gulls').check()
  await press('Select all shown')
  await press('Restore')
  await tab.getByText('Trash is empty').waitFor()
  await goTo('/library?tag=evening')
  await waitForCards(3)
  result.restored = await titles()
}

/** The beginning of a tag is completed by a press. */
async function completeTag() {
  const field = tab.getByRole('textbox', { name: 'Tags' })
  const before = await field.inputValue()
  await field.fill('sho')
  await dialog.getByRole('button', { name: 'short' }).click()
  result.completedTag = await field.inputValue()
  await page.inspect('tag-suggestions')
  await field.fill(before)
}

/** A second tab adds a tag while the dialog of the first one is open: both are kept. The title is asked for. */
async function editInTwoTabs() {
  const other = await context.newPage()
  const edit = async (page, action, field, text) => {
    await page.getByRole('button', { name: 'Actions for gulls' }).click()
    await page.getByRole('menuitem', { name: action, exact: true }).click()
    const input = page.getByRole('textbox', { name: field })
    await input.fill(text(await input.inputValue()))
    return page.getByRole('button', { name: 'Save' })
  }
  const isClosed = (page) => page.getByRole('dialog').waitFor({ state: 'detached' })
  await goTo('/library')
  await other.goto(`${job.web}/#/library`)
  const save = await edit(tab, 'Edit tags', 'Tags', (tags) => `${tags}, mine`)
  await (await edit(other, 'Edit tags', 'Tags', (tags) => `${tags}, theirs`)).click()
  await isClosed(other)
  await save.click()
  await isClosed(tab)
  await selectAction('gulls', 'Edit tags')
  await completeTag()
  result.tagsOfTwoTabs = await tab.getByRole('textbox', { name: 'Tags' }).inputValue()
  await press('Cancel')
  const saveTitle = await edit(tab, 'Rename', 'Title', () => 'The gulls')
  await (await edit(other, 'Rename', 'Title', () => 'Their gulls')).click()
  await isClosed(other)
  await saveTitle.click()
  result.titleConflict = await dialog.getByRole('alert').getByText('Their gulls').innerText()
  await page.inspect('title-conflict')
  await saveTitle.click()
  await isClosed(tab)
  await tab.getByRole('link', { name: 'The gulls' }).waitFor()
  await selectAction('The gulls', 'Rename')
  await tab.getByRole('textbox', { name: 'Title' }).fill('gulls')
  await press('Save')
  await tab.getByRole('link', { name: 'gulls', exact: true }).waitFor()
  await other.close()
  await goTo('/library?tag=evening')
  await waitForCards(3)
}

async function sortCollection() {
  await selectAction('gulls', 'Rename')
  await tab.getByRole('textbox', { name: 'Title' }).fill('All the gulls')
  await press('Save')
  await tab.getByRole('link', { name: 'All the gulls' }).waitFor()
  await tab.getByLabel('Select waves').check()
  await press('Select all shown')
  await press('Add to collection')
  await tab.getByRole('textbox', { name: 'Name' }).fill('Tonight')
  await press('Create')
  await tab.getByText('3 items added to Tonight.').waitFor()
  await tab.waitForLoadState('networkidle')     // the lists are loaded again: that would undo an order that is not saved yet
  await press('Clear selection')
  await goTo('/collections')
  await tab.getByRole('main').getByRole('link', { name: /Tonight/ }).click()
  await tab.locator('.handle').nth(2).waitFor()
  const before = await titles()
  const waitForSave = () => tab.waitForResponse((response) => response.request().method() === 'PUT' && response.url().includes('/media/'))
  await Promise.all([waitForSave(), tab.locator('.handle').first().press('ArrowDown')])
  result.sortedByKeys = [before, await titles()]
  await Promise.all([waitForSave(), tab.locator('.handle').nth(2).dragTo(tab.locator('.sortable-row').first())])
  const dragged = await titles()
  await page.inspect('sorted-collection')
  await tab.reload()
  await tab.locator('.handle').nth(2).waitFor()
  result.sortedByDragging = [result.sortedByKeys[1], dragged, await titles()]
  await Promise.all([waitForSave(), selectAction(dragged[2], 'Move up')])
  result.sortedByMenu = await titles()
  await tab.getByRole('button', { name: `Actions for ${dragged[0]}` }).click()
  result.menuOfFirst = await tab.getByRole('menuitem').allInnerTexts()
  await tab.keyboard.press('Escape')
  for (const title of dragged.slice(0, 2)) await tab.getByLabel(`Select ${title}`).check()
  await page.inspect('collection-selection')
  await tab.locator('.selection').getByRole('button', { name: 'Remove from collection' }).click()
  await waitForCards(1)
  result.leftInCollection = [await titles(), dragged[2]]
}

async function deletePermanently() {
  await goTo('/library')
  await selectAction('waves', 'Move to trash')
  await goTo('/trash')
  await selectAction('waves', 'Delete permanently')
  await dialog.getByRole('button', { name: 'Delete permanently' }).click()
  await tab.getByText('Trash is empty').waitFor()
}

await run(async () => {
  await page.open(job.web)
  await signIn()
  await filterByStatus()
  await returnToList()
  await openBadAddresses()
  step('filtered')
  await searchWhileTyping()
  step('searched')
  await editSeveral()
  step('edited several')
  await editInTwoTabs()
  step('edited in two tabs')
  await sortCollection()
  await deletePermanently()
  step('organized')
})
