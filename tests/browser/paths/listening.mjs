// Listening: words behind emoji, keys of a headset, timers, other voices, other devices, and what one takes along.
import { answer, job, page, run, signIn, step } from '../visit.mjs'
import { button, choose, context, dialog, heard, isPlaying, menuOf, open, place, player, press, room, saved, tab, untilLit } from './tab.mjs'

const more = (choice) => choose('More', choice, { within: player })

/** From the paragraph that the arrow keys reach. */
async function letters() {
  await open('letters')
  await tab.locator('.text').focus()
  await tab.keyboard.press('ArrowDown')
  await tab.keyboard.press('ArrowDown')
  await tab.keyboard.press('Enter')
  await tab.locator('.quote[aria-busy=false]').waitFor()
  await press('Read aloud')
  await untilLit()
  answer.letters = { text: await tab.locator('.text').textContent(), heard: await heard(8) }
}

async function headset() {
  const key = (name, details = {}) => tab.evaluate(([name, details]) => window.mediaKeys[name](details), [name, details])
  await key('pause')
  await isPlaying(false)
  answer.session = await tab.evaluate(() => [navigator.mediaSession.metadata.artist, navigator.mediaSession.playbackState])
  await key('seekto', { seekTime: 0 })
  await key('nexttrack')
  await isPlaying(true)
}

/** The next day it has stopped, and the token that has run out meanwhile is renewed before the next call. */
async function asleep() {
  await choose('Sleep timer', 'In 5 minutes', { role: 'menuitemradio' })
  const renewed = tab.waitForRequest((request) => request.postData()?.includes('REFRESH_TOKEN_AUTH') ?? false)
  await tab.evaluate(() => { const now = Date.now; Date.now = () => now() + 90_000_000 })
  await isPlaying(false)
  await renewed
  answer.slept = true
}

/** A recording whose address has run out goes on with a fresh one. */
async function brokenLine() {
  await tab.waitForFunction(() => document.querySelector('.player progress') === null)
  let refused = 0
  const isRecording = (url) => url.pathname.endsWith('/audio')
  await tab.route(isRecording, (route) => (refused++ ? route.continue() : route.fulfill({ status: 403 })))
  await tab.reload()
  await tab.getByText('The connection broke; going on where it was.').waitFor()
  await press('Play')
  await untilLit()
  answer.wentOn = refused
  await tab.unroute(isRecording)
  await press('Pause')
}

async function chapterEnds() {
  await open('chapters')
  await button('Listen').dblclick()     // the second press does not close what the first one opened
  await tab.locator('.quote[aria-busy=false]').waitFor()
  await press('Read aloud')
  await untilLit()
  await choose(/^Speed/, '3×', { role: 'menuitemradio' })
  await choose('Sleep timer', 'At the end of the chapter', { role: 'menuitemradio' })
  await isPlaying(false)
  answer.chapter = await page.until(() => document.querySelector('.player-state strong').textContent)
  answer.timerAfter = await player.getByRole('button', { name: 'Sleep timer' }).count()
  await choose(/^Speed/, '1×', { role: 'menuitemradio' })
}

/** What is shown where one stopped: the word that is lit, in a text that is not played. */
const lit = () => page.until(() => probe.lit('spoken-word'))

async function otherVoice() {
  await tab.waitForFunction(() => document.querySelector('.player progress') === null)
  await press('Next sentence')
  await isPlaying(true)
  await press('Pause')
  const before = await lit()
  await more('Another voice')
  const voices = dialog.getByLabel('Voice')
  await tab.waitForFunction(() => document.querySelectorAll('dialog select option').length > 2)
  await voices.selectOption({ index: 2 })
  await tab.locator('.quote[aria-busy=false]').waitFor()
  await press('Read aloud')
  await isPlaying(true)
  await untilLit()
  answer.voices = { before, after: (await heard(1))[0] }
  await press('Pause')
  await tab.waitForFunction(() => document.querySelector('.player progress') === null)
}

/** Somebody signs in elsewhere, and finds the place. */
async function otherDevice() {
  const isKept = tab.waitForResponse((response) => response.request().method() === 'PUT' && response.url().endsWith('/position'))
  await press('Next sentence')
  await isPlaying(true)
  await Promise.all([isKept, press('Pause')])
  const elsewhere = await context.browser().newContext({ viewport: tab.viewportSize() })
  const other = await elsewhere.newPage()
  await other.goto(tab.url())
  await other.getByLabel('User name or email').fill(job.user)
  await other.getByLabel('Password', { exact: true }).fill(job.password)
  await other.getByRole('button', { name: 'Sign in', exact: true }).click()
  const there = other.getByRole('region', { name: 'Player' }).getByRole('slider')
  await other.waitForFunction(() => document.querySelector('.player [type=range]')?.value > 0)
  answer.devices = { here: await place(), there: await there.getAttribute('aria-valuetext') }
  await elsewhere.close()
}

async function takenAlong() {
  answer.saved = {}
  for (const [name, format] of Object.entries({ vtt: 'Captions (WebVTT)', mp3: 'MP3 with chapters', zip: 'ZIP of chapters', epub: 'EPUB 3 with sound' }))
    answer.saved[name] = await saved(() => more(format))
  answer.saved.original = await saved(() => menuOf('chapters', 'Download the original'))
  await more('Delete this reading')
  await dialog.getByRole('button', { name: 'Remove' }).click()
  await tab.getByRole('button', { name: 'Listen', exact: true }).waitFor()
}

await run(async () => {
  await tab.addInitScript(() => {
    window.mediaKeys = {}
    const set = navigator.mediaSession.setActionHandler.bind(navigator.mediaSession)
    navigator.mediaSession.setActionHandler = (name, act) => { window.mediaKeys[name] = act; set(name, act) }
  })
  await page.open(job.web)
  await signIn()
  await letters()
  await headset()
  await asleep()
  await brokenLine()
  step('heard')
  await chapterEnds()
  step('chapter')
  await otherVoice()
  await otherDevice()
  step('elsewhere')
  await takenAlong()
  await room('/library')
  step('taken along')
})
