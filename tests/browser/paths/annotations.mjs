// Annotations: highlights, notes and bookmarks in a text, their list and their export.
import { readFileSync } from 'node:fs'
import { job, page, result, run, signIn, step } from '../journey.mjs'
import { dialog, download, openMedia, press, tab } from './tab.mjs'

const toolbar = tab.getByRole('toolbar', { name: 'Selected passage' })
const drawn = (name) => tab.evaluate((key) => [...(CSS.highlights.get(key) ?? [])].map(String).join(' '), `annotation-${name}`)
const waitForDrawn = (name) => tab.waitForFunction((key) => CSS.highlights.get(key)?.size > 0, `annotation-${name}`)

/** Return the middle of the first and of the last letter of a text that is shown, in window coordinates. */
const lettersOf = (css, wanted) => tab.evaluate(([selector, text]) => {
  for (const element of document.querySelectorAll(selector)) {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
      const start = walker.currentNode.data.indexOf(text)
      if (start < 0) continue
      return [start, start + text.length - 1].map((offset) => {
        const range = new Range()
        range.setStart(walker.currentNode, offset)
        range.setEnd(walker.currentNode, offset + 1)
        const { left, right, top, bottom } = range.getBoundingClientRect()
        return { left: left + 1, right: right - 1, y: (top + bottom) / 2 }
      })
    }
  }
  return null
}, [css, wanted])

/** Select a text with the mouse. */
async function select(css, text) {
  await tab.locator(css).first().waitFor()
  const [first, last] = await lettersOf(css, text)
  await tab.mouse.move(first.left, first.y)
  await tab.mouse.down()
  await tab.mouse.move(last.right, last.y, { steps: 6 })
  await tab.mouse.up()
  await toolbar.waitFor()
}

async function highlightInText() {
  await openMedia('letters')
  await select('.text p', 'nobody counts the waves') // behind characters that JavaScript counts as two
  await page.inspect('annotation-toolbar')
  await toolbar.getByRole('button', { name: 'Highlight: Green' }).click()
  await waitForDrawn('green')
  result.highlighted = await drawn('green')
  await tab.reload()
  await waitForDrawn('green')
  result.afterReload = await drawn('green')
}

/** A press on a highlight opens it: it is noted, and its colour is changed. */
async function noteHighlight() {
  const [first] = await lettersOf('.text p', 'counts the waves')
  await tab.mouse.click(first.left, first.y)
  await toolbar.getByRole('button', { name: 'Add note' }).click()
  await dialog.getByLabel('Your note').fill('Who would?')
  await page.inspect('annotation-note')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'detached' })
  await waitForDrawn('note')
  await tab.mouse.click(first.left, first.y)
  result.isPressed = await toolbar.getByRole('button', { name: 'Highlight: Green' }).getAttribute('aria-pressed')
  await toolbar.getByRole('button', { name: 'Highlight: Pink' }).click()
  await waitForDrawn('pink')
  result.recoloured = [await drawn('pink'), await drawn('green')]
}

async function bookmark() {
  await tab.keyboard.press('b')
  await waitForDrawn('bookmark')
  result.bookmarked = await drawn('bookmark')
  await tab.keyboard.press('b')
  await tab.getByText('Bookmark deleted.').waitFor()
  result.unmarked = await drawn('bookmark')
  await press('Bookmark')
  await waitForDrawn('bookmark')
}

async function listAndExport() {
  if (page.isNarrow) {
    await press('Actions for letters')
    await tab.getByRole('menuitem', { name: 'Notes' }).click()
  } else await press('Notes')
  await dialog.locator('.annotation').nth(1).waitFor()
  result.listed = await dialog.locator('.annotation-passage').allInnerTexts()
  await page.inspect('annotations')
  const markdown = await download(() => press('Export as Markdown'))
  const collection = await download(() => press('Export as Web Annotations'))
  result.exported = {
    names: [markdown.name, collection.name],
    markdown: readFileSync(markdown.path, 'utf8'),
    selectors: JSON.parse(readFileSync(collection.path, 'utf8')).first.items.map((item) => item.target.selector[0].exact),
  }
  await press('Delete: nobody counts the waves')
  await tab.getByText('Highlight deleted.').waitFor()
  await tab.keyboard.press('Escape')
  await press('Undo')
  await waitForDrawn('pink')
}

await run(async () => {
  await page.open(job.web)
  await signIn()
  await highlightInText()
  step('highlighted')
  await noteHighlight()
  await bookmark()
  await listAndExport()
  step('exported')
})
