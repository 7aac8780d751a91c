// Whether everybody can use every room: with a keyboard, a finger, large letters, a narrow window, without movement, in colours of one's own.
import { answer, job, openAdd, page, run, signIn, step } from '../visit.mjs'
import { cutOff, large, looksAlike, movements, narrow, prepare, smallTargets, unseenFocus } from './checks.mjs'
import { announced, choose, dialog, hearAnnouncements, heard, isPlaying, menuOf, open, player, press, room, tab, untilLit } from './tab.mjs'

answer.rooms = {}

const ON_THE_JOURNEY = ['sign-in', 'library', 'add', 'search', 'new-collection', 'collection', 'account', 'menu', 'pages', 'text', 'settings', 'quote']

/** Everything that can be said of a room as it is now; on the journey some were looked at by axe. */
async function check(name) {
  if (!ON_THE_JOURNEY.includes(name)) await page.look(name)
  answer.rooms[name] = {
    focus: await unseenFocus(),
    targets: page.isNarrow ? await smallTargets() : [],
    large: await large(cutOff),
    narrow: page.isNarrow ? await narrow(cutOff) : [],
  }
}

async function checkDialog(name) {
  await dialog.waitFor()
  await check(name)
  await tab.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
}

async function libraryRooms() {
  await tab.locator('.cell').first().waitFor()
  await check('library')
  await press('List')
  await tab.getByLabel('Select gulls').check()
  await check('selection')
  await press('Tags')
  await checkDialog('tags')
  await press('Deselect')
  await menuOf('gulls', 'Rename')
  await checkDialog('rename')
  await press('Grid')
  await openAdd()
  await checkDialog('add')
  if (page.isNarrow) {
    await press('Menu')
    await checkDialog('menu')
  }
  await room('/library?q=gulls')
  await tab.locator('.hits mark').first().waitFor()
  await check('search')
  await room('/collections')
  await press('New collection')
  await tab.getByRole('textbox', { name: 'Name' }).waitFor()
  await check('new-collection')
  await tab.getByRole('textbox', { name: 'Name' }).fill('Evenings')
  await press('Create')
  await tab.getByRole('heading', { name: 'Evenings' }).waitFor()
  await check('collection')
  await room('/collections')
  await check('collections')
  await room('/trash')
  await tab.getByText('The trash is empty').waitFor()
  await check('trash')
  await room('/account')
  await tab.locator('.table td').first().waitFor()
  await check('account')
}

async function readingRooms() {
  await open('sample')
  await tab.locator('.textLayer span').first().waitFor()
  await isPlaying(false)
  await check('pages')
  await press('Text')
  await tab.locator('.text p').first().waitFor()
  await check('text')
  await press('Reading settings')
  await checkDialog('settings')
  await menuOf('sample', 'Details')
  await checkDialog('details')
  await choose('More', 'Another voice', { within: player })
  await tab.locator('.quote[aria-busy=false]').waitFor()
  await checkDialog('quote')
  await press('Play')
  await untilLit()
  await tab.mouse.wheel(0, 400)
  await tab.getByRole('button', { name: 'Follow the words' }).waitFor()
  await check('following')
  await isPlaying(true)
}

/** What is large or narrow can be used, too: a press reaches what it is meant for, and a menu is in the window. */
async function used() {
  answer.used = 0
  for (const [name, so] of Object.entries({ large, narrow }))
    await so(async () => {
      await press('Pause')
      await isPlaying(false)
      await press('Next sentence')
      await isPlaying(true)
      await choose(/^Speed/, '1.25×', { role: 'menuitemradio' })
      await choose(/^Speed/, '1×', { role: 'menuitemradio' })
      for (const menu of [/^Speed/, 'Sleep timer', 'More']) {
        await player.getByRole('button', { name: menu }).click()
        await tab.getByRole('menu').waitFor()
        answer.rooms.following[name].push(...await cutOff())
        await tab.keyboard.press('Escape')
      }
      await choose('More', 'Another voice', { within: player })
      await tab.locator('.quote[aria-busy=false]').waitFor()
      await dialog.getByRole('button', { name: 'Read aloud' }).click({ trial: true })
      await dialog.getByRole('button', { name: 'Cancel' }).click()
      await dialog.waitFor({ state: 'detached' })
      answer.used++
    })
}

/** The words change, and nothing is said. */
async function quiet() {
  await announced()
  answer.heard = await heard(8)
  answer.announced = await announced()
}

/** Who wants no movement sees none: not when the page goes to the words, nor anywhere else. */
async function still() {
  answer.movedBefore = (await movements()).length
  await tab.emulateMedia({ reducedMotion: 'reduce' })
  await tab.reload()
  await isPlaying(false)
  await press('Play')
  await untilLit()
  await movements()
  await tab.evaluate(() => scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' }))
  const positions = tab.evaluate(async () => {
    const seen = []
    const until = performance.now() + 1500
    while (performance.now() < until) {
      if (seen.at(-1) !== scrollY) seen.push(scrollY)
      await new Promise(requestAnimationFrame)
    }
    return seen
  })
  await press('Follow the words')
  answer.positions = await positions
  await press('Reading settings')
  await dialog.waitFor()
  await tab.keyboard.press('Escape')
  await press('Pause')
  await room('/library')
  await tab.locator('.cell').first().waitFor()
  await tab.locator('.cell').first().hover()
  await press('List')
  await room('/account')
  await tab.locator('.table td').first().waitFor()
  await room('/library')
  answer.moved = await movements()
  await tab.emulateMedia({ reducedMotion: 'no-preference' })
}

/** In colours of one's own no background says anything: states must be seen without. */
async function ownColours() {
  await tab.emulateMedia({ forcedColors: 'active' })
  answer.alike = {}
  const compare = async (name, css, without) => { answer.alike[name] = await looksAlike(css, without) }
  const unlit = {
    'spoken-word': () => CSS.highlights.get('spoken-word').clear(),
    'spoken-sentence': () => CSS.highlights.get('spoken-sentence').clear(),
    found: () => CSS.highlights.get('found').clear(),
  }
  const compareLit = (name) => compare(name, '.text', unlit[name])
  await room('/library?q=gulls')
  await tab.locator('.hits mark').first().waitFor()
  await compare('what was searched for', '.hits mark', (mark) => { mark.style.background = 'Canvas'; mark.style.color = 'CanvasText' })
  await tab.locator('.hits a').first().click()
  await page.until(() => probe.lit('found'))
  await compareLit('found')
  await room('/library')
  await tab.getByLabel('Select gulls').check()
  await compare('what is selected', '.cell.selected .cover', (cover) => cover.closest('.cell').classList.remove('selected'))
  await compare('how the library is shown', '[aria-pressed=true]', (one) => one.setAttribute('aria-pressed', 'false'))
  if (!page.isNarrow) await compare('where one is', '.place[aria-current]', (one) => one.removeAttribute('aria-current'))
  await page.look('own-colours-library')
  await open('sample')
  await untilLit()
  await page.look('own-colours-text')
  answer.rooms['own colours'] = { focus: await unseenFocus(), targets: [], large: [], narrow: [] }
  await compare('pages or text', '.reader-bar [aria-pressed=true]', (one) => one.setAttribute('aria-pressed', 'false'))
  await choose('Sleep timer', 'In 5 minutes', { role: 'menuitemradio' })
  await compare('that a timer is set', '.player .on', (one) => one.classList.remove('on'))
  await compareLit('spoken-word')
  await compareLit('spoken-sentence')
  await tab.emulateMedia({ forcedColors: 'none' })
}

await run(async () => {
  await prepare()
  await hearAnnouncements()
  await page.open(job.web)
  await tab.getByRole('heading', { name: 'Sign in' }).waitFor()
  await check('sign-in')
  await signIn()
  await libraryRooms()
  step('library')
  await readingRooms()
  await used()
  await quiet()
  step('reader')
  await still()
  step('still')
  await ownColours()
  step('own colours')
})
