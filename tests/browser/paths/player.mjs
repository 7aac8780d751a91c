// The player: it outlives the reader, plays in one tab, keeps all recordings, reads from anywhere, and survives an outage of the API.
import { job, page, result, run, signIn, step } from '../journey.mjs'
import { context, dialog, goTo, measureBars, openMedia, player, positionText, press, selectAction, selectItem, spokenWords, tab, waitForPlaying, waitForSpokenWord } from './tab.mjs'

const mini = tab.getByRole('region', { name: 'Now playing' })
const isApi = (url) => url.pathname.includes('/v1/')
/** The elements that have a source: how many play, and the time of the first. */
const sounds = (page = tab) => page.evaluate(() => {
  const loaded = window.audios.filter((audio) => audio.currentSrc)
  return { playing: loaded.filter((audio) => !audio.paused).length, seconds: loaded.find((audio) => !audio.paused)?.currentTime ?? null }
})
const startListening = async () => {
  await dialog.locator('.quote[aria-busy=false]').waitFor()
  await press('Start listening')
  await waitForSpokenWord()
}
const recordings = async () => {
  await selectItem('More', 'Recordings', { within: player })
  await dialog.locator('.recordings li').first().waitFor()
  return dialog.locator('.recordings li').allInnerTexts()
}
const waitUntilRecorded = () => tab.waitForFunction(() => document.querySelector('.player progress') === null)

/** Where no recording reaches, a press starts one; the one before stays. */
async function readFromAnywhere() {
  await openMedia('letters')
  await tab.locator('.text').focus()
  await tab.keyboard.press('ArrowDown')
  await tab.keyboard.press('ArrowDown')
  await tab.keyboard.press('Enter')
  await startListening()
  await waitUntilRecorded()
  await press('Pause')
  await tab.locator('.text p').first().click()
  await tab.getByText('A new one starts here.').waitFor()
  await waitForPlaying(true)
  result.fromAnywhere = await spokenWords(2)
  await waitUntilRecorded()
  result.recordings = await recordings()
  await page.inspect('recordings')
  await dialog.locator('.recordings li').last().getByRole('button').first().click()
  await waitForPlaying(true)
  await press('Pause')
  await tab.reload()
  await waitForPlaying(false)
  await recordings()
  result.current = await dialog.locator('.recordings li').evaluateAll((rows) => rows.findIndex((row) => row.classList.contains('current')))
  await tab.keyboard.press('Escape')
}

/** Playback goes on in the library and in another document; its own reader shows it again without a gap. */
async function leaveReader() {
  await openMedia('chapters')
  await press('Listen')
  await startListening()
  await tab.getByRole('link', { name: 'Back' }).click()
  await mini.waitFor()
  const before = await sounds()
  await page.inspect('mini-player')
  await tab.getByRole('link', { name: 'letters', exact: true }).click()
  await player.getByRole('button', { name: 'Play', exact: true }).waitFor()
  result.mini = { title: await mini.getByRole('link').innerText(), before, inOtherReader: await sounds(), bars: await measureBars() }
  await page.inspect('mini-player-in-reader')
  const errors = tab.evaluate(() => new Promise((resolve) => {
    const audio = window.audios.find((audio) => !audio.paused)
    const events = []
    for (const name of ['pause', 'seeking', 'emptied', 'waiting']) audio.addEventListener(name, () => events.push(name))
    setTimeout(() => resolve(events), 3000)
  }))
  await mini.getByRole('link', { name: 'Open chapters' }).click()
  await waitForPlaying(true)
  result.mini.gaps = await errors
  result.mini.isGone = (await mini.count()) === 0
  result.mini.position = await positionText()
}

/** Another tab that starts to play silences this one. */
async function playInOtherTab() {
  const other = await context.newPage()
  await other.goto(`${job.web}/#/library`)
  await other.getByRole('link', { name: 'letters', exact: true }).click()
  await other.getByRole('region', { name: 'Player' }).getByRole('button', { name: 'Play', exact: true }).click()
  await other.waitForFunction(() => window.audios.some((audio) => audio.currentTime > 0 && !audio.paused))
  await waitForPlaying(false)
  result.tabs = { here: (await sounds()).playing, other: (await sounds(other)).playing }
  await other.close()
}

/** Paused, brackets move and do not play; chapters have buttons and ticks. */
async function moveWhilePaused() {
  await waitUntilRecorded()
  await tab.locator('.text').focus()
  const before = await positionText()
  await press('Next chapter')
  const chapter = await positionText()
  await tab.locator('.text').focus()
  await tab.keyboard.press(']')
  await waitForPlaying(false)
  result.moved = [before, chapter, await positionText()]
  result.ticks = await player.locator('.tick').count()
  result.silent = (await sounds()).playing === 0
}

/** While the API refuses, a growing recording plays what is buffered; when it is back, the recording goes on by itself. */
async function surviveOutage() {
  await openMedia('long')
  await press('Listen')
  await startListening()
  await press('Pause')                        // a busy machine generates more slowly than it plays
  const ahead = () => tab.evaluate(() => { const audio = window.audios.findLast((audio) => audio.currentSrc); return audio.buffered.length ? audio.buffered.end(audio.buffered.length - 1) - audio.currentTime : 0 })
  while ((await ahead()) < 30) await tab.waitForTimeout(500)
  await selectItem(/^Speed/, '2×', { role: 'menuitemradio' })
  await press('Play')
  await waitForPlaying(true)
  const before = { ...(await sounds()), buffered: await ahead() }
  await tab.route(isApi, (route) => route.abort('connectionrefused'))
  await tab.getByText('Connection lost. Resuming…').waitFor()
  await tab.waitForTimeout(9000)
  result.outage = { before, after: await sounds() }
  await tab.unroute(isApi)
  await tab.waitForFunction((end) => { const audio = window.audios.find((audio) => !audio.paused); return audio && audio.buffered.end(audio.buffered.length - 1) > end + 5 }, before.seconds + before.buffered)
  result.outage.recovered = await sounds()
  await selectItem(/^Speed/, '1×', { role: 'menuitemradio' })
  await selectItem('More', 'Stop generating', { within: player })
}

/** A collection plays from its first to its last media; what was added follows, in an order that keys change. */
async function playQueue() {
  await goTo('/collections')
  await tab.getByRole('link', { name: /Evening/ }).locator('visible=true').last().click()
  await press('Play collection')
  await mini.getByRole('link', { name: 'Open sound' }).waitFor()
  await goTo('/library')
  await selectAction('long', 'Add to queue')
  await tab.getByText('1 item added to the queue.').waitFor()
  await selectAction('chapters', 'Add to queue')
  await tab.locator('.toast').getByRole('button', { name: 'Queue' }).click()
  const rows = dialog.locator('.queue li')
  const titles = () => rows.locator('.queue-item').allInnerTexts()
  await tab.waitForFunction(() => document.querySelectorAll('.queue li').length >= 2)
  await page.inspect('queue')
  await dialog.getByRole('button', { name: /^Move chapters/ }).focus()
  await tab.keyboard.press('ArrowUp')
  result.queue = { moved: await page.waitFor(() => { const titles = [...document.querySelectorAll('.queue-item')].map((item) => item.innerText); return titles.indexOf('chapters') < titles.indexOf('long') && titles }) }
  await tab.keyboard.press('Escape')
  await mini.getByRole('link', { name: 'Open letters' }).waitFor()   // the sound of four seconds has ended
  await mini.getByRole('button', { name: 'Pause' }).waitFor()
  await tab.reload()                                                  // the queue is the account's
  await openMedia('letters')
  await selectItem('More', 'Queue', { within: player })
  await rows.first().waitFor()
  result.queue.kept = await titles()
  await dialog.getByRole('button', { name: 'Remove long from the queue' }).click()
  await tab.waitForFunction(() => document.querySelectorAll('.queue li').length === 1)
  result.queue.rest = await titles()
  await tab.keyboard.press('Escape')
}

/** A video has the same player, goes on outside of its screen, and keeps its place. */
async function playVideo() {
  await openMedia('film')
  await press('Play')
  const video = () => page.waitFor(() => { const video = document.querySelector('video'); return video?.currentTime > 0.2 && { paused: video.paused, seconds: video.currentTime, inMini: !!video.closest('.mini-player') } })
  result.film = { reader: await video() }
  await page.inspect('video')
  await selectItem(/^Speed/, '1.25×', { role: 'menuitemradio' })
  await tab.getByRole('link', { name: 'Back' }).click()
  await mini.waitFor()
  await tab.waitForTimeout(1500)
  result.film.library = await video()
  await page.inspect('mini-video')
  const saved = tab.waitForResponse((response) => response.request().method() === 'PUT' && response.url().endsWith('/position'))
  await Promise.all([saved, mini.getByRole('button', { name: 'Pause' }).click()])
  await tab.reload()
  await openMedia('film')
  result.film.again = (await page.waitFor(() => { const video = document.querySelector('video'); return video?.currentTime > 0.2 && { seconds: video.currentTime, rate: video.playbackRate } }))
  await selectItem(/^Speed/, '1×', { role: 'menuitemradio' })
}

await run(async () => {
  await context.addInitScript(() => {
    const Original = window.Audio
    window.audios = []
    window.Audio = function (...parameters) { const audio = new Original(...parameters); window.audios.push(audio); return audio }
    window.Audio.prototype = Original.prototype
  })
  await page.open(job.web)
  await signIn()
  await readFromAnywhere()
  step('read from anywhere')
  await leaveReader()
  step('left reader')
  await playInOtherTab()
  await moveWhilePaused()
  step('other tab')
  await playQueue()
  await playVideo()
  step('queue')
  await surviveOutage()
  await goTo('/library')
  await mini.getByRole('button', { name: 'Close player' }).click()
  await mini.waitFor({ state: 'detached' })
  result.closed = (await sounds()).playing
  step('outage')
})
