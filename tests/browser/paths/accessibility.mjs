// Every screen with a keyboard, a touch screen, large text, a narrow window, reduced motion and forced colours.
import { job, openAddFiles, page, result, run, signIn, step } from '../journey.mjs'
import { clippedContent, invisibleFocus, looksTheSame, prepare, smallTargets, takeAnimations, withLargeText, withNarrowWindow } from './checks.mjs'
import { dialog, goTo, openMedia, player, press, recordAnnouncements, selectAction, selectItem, spokenWords, tab, takeAnnouncements, waitForPlaying, waitForSpokenWord } from './tab.mjs'

result.screenChecks = {}

const INSPECTED_ELSEWHERE = ['sign-in', 'library', 'add', 'search', 'new-collection', 'collection', 'account', 'menu', 'pages', 'text', 'settings', 'quote']

/** Run all checks on the current screen. axe-core has seen some screens in whole_page.mjs. */
async function check(name) {
  if (!INSPECTED_ELSEWHERE.includes(name)) await page.inspect(name)
  result.screenChecks[name] = {
    focus: await invisibleFocus(),
    targets: page.isNarrow ? await smallTargets() : [],
    large: await withLargeText(clippedContent),
    narrow: page.isNarrow ? await withNarrowWindow(clippedContent) : [],
  }
}

async function checkDialog(name) {
  await dialog.waitFor()
  await check(name)
  await tab.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
}

async function checkLibraryScreens() {
  await tab.locator('.media-card').first().waitFor()
  await check('library')
  await press('List')
  await tab.getByLabel('Select gulls').check()
  await check('selection')
  await press('Edit tags')
  await checkDialog('tags')
  await press('Clear selection')
  await selectAction('gulls', 'Rename')
  await checkDialog('rename')
  await press('Grid')
  await openAddFiles()
  await checkDialog('add')
  if (page.isNarrow) {
    await press('Menu')
    await checkDialog('menu')
  }
  await goTo('/library?q=gulls')
  await tab.locator('.hits mark').first().waitFor()
  await check('search')
  await goTo('/collections')
  await press('New collection')
  await tab.getByRole('textbox', { name: 'Name' }).waitFor()
  await check('new-collection')
  await tab.getByRole('textbox', { name: 'Name' }).fill('Evenings')
  await press('Create')
  await tab.getByRole('heading', { name: 'Evenings' }).waitFor()
  await check('collection')
  await goTo('/collections')
  await check('collections')
  await goTo('/trash')
  await tab.getByText('Trash is empty').waitFor()
  await check('trash')
  await goTo('/account')
  await tab.locator('.table td').first().waitFor()
  await check('account')
}

async function checkReaderScreens() {
  await openMedia('How a Lighthouse Works')
  await tab.locator('.textLayer span').first().waitFor()
  await waitForPlaying(false)
  await check('pages')
  await press('Text')
  await tab.locator('.text p').first().waitFor()
  await check('text')
  await press('Reading settings')
  await checkDialog('settings')
  await selectAction('How a Lighthouse Works', 'Details')
  await checkDialog('details')
  await selectItem('More', 'Use another voice', { within: player })
  await tab.locator('.quote[aria-busy=false]').waitFor()
  await checkDialog('quote')
  await press('Play')
  await waitForSpokenWord()
  await tab.mouse.wheel(0, 400)
  await tab.getByRole('button', { name: 'Follow the words' }).waitFor()
  await check('following')
  await waitForPlaying(true)
}

/** With large text and in a narrow window, buttons can be pressed and menus are inside the window. */
async function useLargeAndNarrow() {
  result.usedModes = 0
  for (const [name, withMode] of Object.entries({ large: withLargeText, narrow: withNarrowWindow }))
    await withMode(async () => {
      await press('Pause')
      await waitForPlaying(false)
      await press('Next sentence')
      await press('Play')
      await waitForPlaying(true)
      await selectItem(/^Speed/, '1.25×', { role: 'menuitemradio' })
      await selectItem(/^Speed/, '1×', { role: 'menuitemradio' })
      for (const menu of [/^Speed/, 'Sleep timer', 'More']) {
        await player.getByRole('button', { name: menu }).click()
        await tab.getByRole('menu').waitFor()
        result.screenChecks.following[name].push(...await clippedContent())
        await tab.keyboard.press('Escape')
      }
      await selectItem('More', 'Use another voice', { within: player })
      await tab.locator('.quote[aria-busy=false]').waitFor()
      await dialog.getByRole('button', { name: 'Start listening' }).click({ trial: true })
      await dialog.getByRole('button', { name: 'Cancel' }).click()
      await dialog.waitFor({ state: 'detached' })
      result.usedModes++
    })
}

/** Spoken words are highlighted without announcements. */
async function listenForAnnouncements() {
  await takeAnnouncements()
  result.spoken = await spokenWords(8)
  result.announced = await takeAnnouncements()
}

/** With reduced motion nothing is animated, not even scrolling to the words. */
async function reduceMotion() {
  result.animatedByDefault = (await takeAnimations()).length
  await tab.emulateMedia({ reducedMotion: 'reduce' })
  await tab.reload()
  await waitForPlaying(false)
  await press('Play')
  await waitForSpokenWord()
  await takeAnimations()
  await tab.evaluate(() => scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' }))
  const positions = tab.evaluate(async () => {
    const seen = []
    const deadline = performance.now() + 1500
    while (performance.now() < deadline) {
      if (seen.at(-1) !== scrollY) seen.push(scrollY)
      await new Promise(requestAnimationFrame)
    }
    return seen
  })
  await press('Follow the words')
  result.scrollPositions = await positions
  await press('Reading settings')
  await dialog.waitFor()
  await tab.keyboard.press('Escape')
  await press('Pause')
  await goTo('/library')
  await tab.locator('.media-card').first().waitFor()
  await tab.locator('.media-card').first().hover()
  await press('List')
  await goTo('/account')
  await tab.locator('.table td').first().waitFor()
  await goTo('/library')
  result.animated = await takeAnimations()
  await tab.emulateMedia({ reducedMotion: 'no-preference' })
}

/** Forced colours hide backgrounds: states must look different without them. */
async function forceColours() {
  await tab.emulateMedia({ forcedColors: 'active' })
  result.sameLook = {}
  const compare = async (name, css, removeState) => { result.sameLook[name] = await looksTheSame(css, removeState) }
  const clear = {
    'spoken-word': () => CSS.highlights.get('spoken-word').clear(),
    'spoken-sentence': () => CSS.highlights.get('spoken-sentence').clear(),
    'search-hit': () => CSS.highlights.get('search-hit').clear(),
  }
  const compareHighlight = (name) => compare(name, '.text', clear[name])
  await goTo('/library?q=gulls')
  await tab.locator('.hits mark').first().waitFor()
  await compare('search term', '.hits mark', (mark) => { mark.style.background = 'Canvas'; mark.style.color = 'CanvasText' })
  await tab.locator('.hits a').first().click()
  await page.waitFor(() => probe.highlightedText('search-hit'))
  await compareHighlight('search-hit')
  await goTo('/library')
  await tab.getByLabel('Select gulls').check()
  await compare('selected media', '.media-card.selected .cover', (cover) => cover.closest('.media-card').classList.remove('selected'))
  await compare('layout', '[aria-pressed=true]', (element) => element.setAttribute('aria-pressed', 'false'))
  if (!page.isNarrow) await compare('current screen', '.nav-link[aria-current]', (element) => element.removeAttribute('aria-current'))
  await page.inspect('forced-colours-library')
  await openMedia('How a Lighthouse Works')
  await waitForSpokenWord()
  await page.inspect('forced-colours-text')
  result.screenChecks['forced colours'] = { focus: await invisibleFocus(), targets: [], large: [], narrow: [] }
  await compare('reader view', '.reader-bar [aria-pressed=true]', (element) => element.setAttribute('aria-pressed', 'false'))
  await selectItem('Sleep timer', 'In 5 minutes', { role: 'menuitemradio' })
  await compare('sleep timer', '.player .on', (element) => element.classList.remove('on'))
  await compareHighlight('spoken-word')
  await compareHighlight('spoken-sentence')
  await tab.emulateMedia({ forcedColors: 'none' })
}

await run(async () => {
  await prepare()
  await recordAnnouncements()
  await page.open(job.web)
  await tab.getByRole('heading', { name: 'Sign in' }).waitFor()
  await check('sign-in')
  await signIn()
  await checkLibraryScreens()
  step('library')
  await checkReaderScreens()
  await useLargeAndNarrow()
  await listenForAnnouncements()
  step('reader')
  await reduceMotion()
  step('reduced motion')
  await forceColours()
  step('forced colours')
})
