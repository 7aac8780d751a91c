// Listening: words after emoji, media keys, sleep timer, skipped tables, another voice, another device, exports.
import { job, page, result, run, signIn, step } from '../journey.mjs'
import { button, context, dialog, download, goTo, openMedia, player, press, selectAction, selectItem, spokenWords, tab, waitForPlaying, waitForSpokenWord } from './tab.mjs'

const selectInMoreMenu = (item) => selectItem('More', item, { within: player })

/** Listen from the paragraph that was reached with the arrow keys. */
async function listenFromParagraph() {
  await openMedia('letters')
  await tab.locator('.text').focus()
  await tab.keyboard.press('ArrowDown')
  await tab.keyboard.press('ArrowDown')
  await tab.keyboard.press('Enter')
  await tab.locator('.quote[aria-busy=false]').waitFor()
  await press('Start listening')
  await waitForSpokenWord()
  result.letters = { text: await tab.locator('.text').textContent(), spoken: await spokenWords(8) }
}

async function useMediaKeys() {
  const pressMediaKey = (name, details = {}) => tab.evaluate(([name, details]) => window.mediaKeys[name](details), [name, details])
  await pressMediaKey('pause')
  await waitForPlaying(false)
  result.mediaSession = await tab.evaluate(() => [navigator.mediaSession.metadata.artist, navigator.mediaSession.playbackState])
  await pressMediaKey('seekto', { seekTime: 0 })
  await pressMediaKey('play')
  await waitForPlaying(true)
}

/** A day later, the sleep timer has paused the playback, and the expired access token is renewed before the next call. */
async function pauseBySleepTimer() {
  await selectItem('Sleep timer', 'In 5 minutes', { role: 'menuitemradio' })
  const renewal = tab.waitForRequest((request) => request.postData()?.includes('REFRESH_TOKEN_AUTH') ?? false)
  await tab.evaluate(() => { const now = Date.now; Date.now = () => now() + 90_000_000 })
  await waitForPlaying(false)
  await renewal
  result.isPausedByTimer = true
}

/** A recording with an expired URL resumes with a fresh one. */
async function resumeAfterExpiry() {
  await tab.waitForFunction(() => document.querySelector('.player progress') === null)
  let requestCount = 0
  const isRecording = (url) => url.pathname.endsWith('/audio')
  await tab.route(isRecording, (route) => (requestCount++ ? route.continue() : route.fulfill({ status: 403 })))
  await tab.reload()
  await tab.getByText('Connection lost. Resuming…').waitFor()
  await press('Play')
  await spokenWords(2)                        // the first is lit before it plays
  result.recordingRequests = requestCount
  await tab.unroute(isRecording)
  await press('Pause')
}

/** Where no voice speaks the language of a document, it can be read as another one. */
async function readAsAnotherLanguage() {
  await openMedia('chapters')
  const isOwnLanguage = (url) => url.pathname.endsWith('/v1/voices') && url.searchParams.get('language') === 'en'
  await tab.route(isOwnLanguage, (route) => route.fulfill({ json: { items: [], next_cursor: null } }))
  await press('Listen')
  await dialog.getByText('No voice here speaks the language of this document: English.').waitFor()
  result.voicesWithoutLanguage = await dialog.getByLabel('Voice').count()
  await dialog.getByLabel('Read it as').selectOption({ label: 'German' })
  await dialog.getByRole('button', { name: /^Hear /, disabled: false }).waitFor()
  result.germanVoices = await dialog.getByLabel('Voice').locator('option').allTextContents()
  await press('Cancel')
  await tab.unroute(isOwnLanguage)
}

async function sleepAtChapterEnd() {
  await openMedia('chapters')
  await button('Listen').dblclick()     // the second click does not close the dialog that the first one opened
  await tab.locator('.quote[aria-busy=false]').waitFor()
  await press('Start listening')
  await waitForSpokenWord()
  await selectItem(/^Speed/, '3×', { role: 'menuitemradio' })
  await selectItem('Sleep timer', 'At the end of the chapter', { role: 'menuitemradio' })
  await waitForPlaying(false)
  result.chapter = await page.waitFor(() => document.querySelector('.player-state strong').textContent)
  result.unsetTimerCount = await player.getByRole('button', { name: 'Sleep timer' }).count()
  await selectItem(/^Speed/, '1×', { role: 'menuitemradio' })
}

/** A table that was spoken is jumped over: when it is reached, and when the listener chooses one of its words. */
async function skipTable() {
  await openMedia('ships')
  await button('Listen').dblclick()
  await tab.locator('.quote[aria-busy=false]').waitFor()
  const tables = dialog.getByLabel(/^Tables/)
  result.table = { isOffered: (await tables.count()) === 1 }
  await press('Start listening')
  await waitForSpokenWord()
  await tab.waitForFunction(() => document.querySelector('.player progress') === null)
  await selectItem('Skip while playing', 'Tables', { role: 'menuitemcheckbox', within: player })
  await press('Pause')
  await tab.evaluate(() => window.mediaKeys.seekto({ seekTime: 0 }))
  await press('Play')
  result.table.spoken = await spokenWords(11)
  await waitForPlaying(false)                 // its end is the end of the recording
  await tab.getByText('sailors').click()
  result.table.chosen = (await spokenWords(2)).at(-1)
  await press('Pause')
}

/** The highlighted word while playback is paused. */
const highlightedWord = () => page.waitFor(() => probe.highlightedText('spoken-word'))

async function changeVoice() {
  await tab.waitForFunction(() => document.querySelector('.player progress') === null)
  await press('Next sentence')               // it stays paused
  await waitForPlaying(false)
  const before = await highlightedWord()
  await selectInMoreMenu('Use another voice')
  const voices = dialog.getByLabel('Voice')
  await tab.waitForFunction(() => document.querySelectorAll('dialog select option').length > 2)
  await dialog.getByRole('button', { name: /^Hear / }).click()
  result.voiceNames = await voices.locator('option').allTextContents()
  await dialog.getByRole('button', { name: 'Stop', exact: true }).waitFor() // while the sample is playing
  await voices.selectOption({ index: 2 })
  await tab.locator('.quote[aria-busy=false]').waitFor()
  await press('Start listening')
  await waitForPlaying(true)
  await waitForSpokenWord()
  result.voices = { before, after: (await spokenWords(1))[0] }
  await press('Pause')
  await tab.waitForFunction(() => document.querySelector('.player progress') === null)
}

/** Another device opens the media at the saved position. */
async function openOnOtherDevice() {
  const positionSaved = tab.waitForResponse((response) => response.request().method() === 'PUT' && response.url().endsWith('/position'))
  await press('Next sentence')
  await press('Play')
  await waitForPlaying(true)
  await Promise.all([positionSaved, press('Pause')])
  const otherContext = await context.browser().newContext({ viewport: tab.viewportSize() })
  const other = await otherContext.newPage()
  await other.goto(tab.url())
  await other.getByLabel('Username or email').fill(job.user)
  await other.getByLabel('Password', { exact: true }).fill(job.password)
  await other.getByRole('button', { name: 'Sign in', exact: true }).click()
  await other.waitForFunction(() => document.querySelector('.player [type=range]')?.value > 0)
  await other.waitForFunction(() => CSS.highlights.get('spoken-word')?.size > 0)
  const shownWord = () => String([...CSS.highlights.get('spoken-word')][0])   // in the recording that includes the most
  result.devices = { thisOne: await tab.evaluate(shownWord), other: await other.evaluate(shownWord) }
  await otherContext.close()
}

async function exportAndDelete() {
  result.downloads = {}
  for (const [name, format] of Object.entries({ vtt: 'Download captions (WebVTT)', mp3: 'Download MP3 with chapters', zip: 'Download ZIP of chapters', epub: 'Download EPUB 3 with audio' }))
    result.downloads[name] = await download(() => selectInMoreMenu(format))
  result.downloads.original = await download(() => selectAction('chapters', 'Download original'))
  await selectInMoreMenu('Delete recording')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await tab.getByRole('button', { name: 'Listen', exact: true }).waitFor()
}

await run(async () => {
  await tab.addInitScript(() => {
    window.mediaKeys = {}
    const set = navigator.mediaSession.setActionHandler.bind(navigator.mediaSession)
    navigator.mediaSession.setActionHandler = (name, handler) => { window.mediaKeys[name] = handler; set(name, handler) }
  })
  await page.open(job.web)
  await signIn()
  await listenFromParagraph()
  await useMediaKeys()
  await pauseBySleepTimer()
  await resumeAfterExpiry()
  step('resumed')
  await readAsAnotherLanguage()
  await sleepAtChapterEnd()
  step('chapter')
  await changeVoice()
  await openOnOtherDevice()
  step('other device')
  await exportAndDelete()
  step('exported')
  await skipTable()
  await goTo('/library')
  step('table')
})
