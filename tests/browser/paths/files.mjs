// How files come in, and how those are shown that are not read: pictures, sound, video.
import { add, answer, job, openAdd, page, run, signUp, step } from '../visit.mjs'
import { announced, button, dialog, hearAnnouncements, open, press, tab } from './tab.mjs'

const ready = (count) => tab.waitForFunction((wanted) => document.querySelectorAll('.upload.ready').length === wanted, count)

/** Drops or pastes a text, as the browser would. */
const hand = (events, name, text) => tab.evaluate(([events, name, text]) => {
  const given = new DataTransfer()
  given.items.add(new File([text], name, { type: 'text/plain' }))
  for (const each of events) {
    const Kind = each === 'paste' ? ClipboardEvent : DragEvent
    const what = each === 'paste' ? { clipboardData: given } : { dataTransfer: given }
    dispatchEvent(new Kind(each, { ...what, bubbles: true, cancelable: true }))
  }
}, [events, name, text])

async function byEveryWay() {
  await hand(['dragenter', 'dragover'], 'dropped.txt', 'Dropped.')
  await tab.locator('.drop-zone').waitFor()
  await hand(['drop'], 'dropped.txt', 'It was dropped on the page.')
  await hand(['paste'], 'pasted.txt', 'It was pasted into the page.')
  await ready(2)
  await openAdd()
  answer.camera = await tab.locator('input[capture=environment]').getAttribute('accept')
  await tab.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
}

/** What storage refuses can be tried again; what is given up leaves nothing. */
async function againAndGivenUp() {
  const isUpload = (url) => url.searchParams.has('X-Amz-Signature') && url.pathname.includes('/uploads/')
  await tab.route(isUpload, (route) => (route.request().method() === 'PUT' ? route.fulfill({ status: 400, headers: { 'access-control-allow-origin': '*' } }) : route.continue()))
  await add([job.files.sound])
  await button(/^Try sound.mp3 again/).waitFor()
  await tab.unroute(isUpload)
  await press(/^Try sound.mp3 again/)
  await ready(3)
  await tab.route(isUpload, () => undefined)
  await add([job.files.picture])
  await press(/^Cancel picture/)
  await tab.unroute(isUpload)
}

async function announcedAndRefused() {
  await add([job.files.picture, job.files.film, job.files.hostile])
  await ready(5)
  await tab.locator('.upload.rejected').waitFor()
  answer.announced = await announced()
  answer.why = await tab.locator('.upload-why').innerText()
  await press('Clear finished')
  await tab.waitForFunction(() => document.querySelectorAll('.cell').length === 6)
  await open('hostile')
  answer.refusal = await tab.getByRole('main').innerText()
  await page.look('refused')
}

async function pictureAndSound() {
  await open('picture')
  const width = () => tab.locator('img.picture').evaluate((picture) => picture.clientWidth)
  await tab.getByRole('button', { name: 'Larger' }).waitFor()
  const fitting = await width()
  await press('Larger')
  await page.look('picture-large')
  const large = await width()
  await press('Smaller')
  answer.picture = [fitting, large, await width()]
  await page.look('picture')
  await open('sound')
  answer.sound = await tab.waitForFunction(() => document.querySelector('audio[controls]')?.duration).then((length) => length.jsonValue())
  await page.look('sound')
}

/** Played by keyboard, in pieces; and on from where one goes to. */
async function video() {
  const pieces = []
  tab.on('response', (response) => { if (response.request().resourceType() === 'media') pieces.push([response.status(), response.headers()['content-range'] ?? '']) })
  await open('film')
  const film = tab.locator('video.video')
  const passes = (second) => film.evaluate((video, wanted) => new Promise((resolve) => {
    const seen = (_, { mediaTime }) => (mediaTime > wanted ? resolve(mediaTime) : video.requestVideoFrameCallback(seen))
    video.requestVideoFrameCallback(seen)
  }), second)
  await film.focus()
  await tab.keyboard.press('Space')
  answer.film = { played: await passes(0.3), length: await film.evaluate((video) => video.duration) }
  await film.evaluate((video) => { video.currentTime = 20 })
  answer.film.sought = await passes(20.1)
  await tab.keyboard.press('Space')
  answer.film.isPaused = await film.evaluate((video) => video.paused)
  answer.film.pieces = pieces
  await page.look('video')
}

await run(async () => {
  await hearAnnouncements()
  await page.open(job.web)
  await signUp()
  await byEveryWay()
  await againAndGivenUp()
  await announcedAndRefused()
  step('files')
  await pictureAndSound()
  await video()
  step('shown')
})
