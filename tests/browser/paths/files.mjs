// Ways to add files, and viewing files without text: images, audio, video.
import { addFiles, job, openAddFiles, page, result, run, signUp, step } from '../journey.mjs'
import { button, dialog, openMedia, press, recordAnnouncements, tab, takeAnnouncements } from './tab.mjs'

const waitForReady = (count) => tab.waitForFunction((expected) => document.querySelectorAll('.upload.ready').length === expected, count)

/** Dispatch the browser's events for a text file that is dropped or pasted. */
const dispatchFile = (types, name, text) => tab.evaluate(([types, name, text]) => {
  const transfer = new DataTransfer()
  transfer.items.add(new File([text], name, { type: 'text/plain' }))
  for (const type of types) {
    const isPaste = type === 'paste'
    const EventType = isPaste ? ClipboardEvent : DragEvent
    dispatchEvent(new EventType(type, { [isPaste ? 'clipboardData' : 'dataTransfer']: transfer, bubbles: true, cancelable: true }))
  }
}, [types, name, text])

/** A file that is being checked is still in the list after a reload, and its result is shown. */
async function reloadWhileChecking() {
  const isMedia = (url) => /\/v1\/media\/[0-9a-f-]+$/.test(url.pathname)
  await tab.route(isMedia, async (route) => {
    try {
      const response = await route.fetch()
      await route.fulfill({ response, json: { ...(await response.json()), status: 'inspecting' } })
    } catch {
      await route.abort().catch(() => undefined) // the page was reloaded meanwhile
    }
  })
  await dispatchFile(['drop'], 'reloaded.txt', 'It was checked during a reload.')
  await tab.locator('.upload.checking').waitFor()
  await tab.reload()
  result.afterReload = await tab.locator('.upload.checking .upload-name').innerText()
  await tab.unroute(isMedia)
  await waitForReady(1)
  await press('Clear finished')
}

async function dropPasteAndPhotograph() {
  await dispatchFile(['dragenter', 'dragover'], 'dropped.txt', 'Dropped.')
  await tab.locator('.drop-zone').waitFor()
  await dispatchFile(['drop'], 'dropped.txt', 'It was dropped on the page.')
  await dispatchFile(['paste'], 'pasted.txt', 'It was pasted into the page.')
  await waitForReady(2)
  await openAddFiles()
  result.camera = await tab.locator('input[capture=environment]').getAttribute('accept')
  result.fileButtons = await dialog.getByRole('button', { name: /^(Choose files|Take a photo)/ }).count()
  await tab.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
}

/** A failed upload can be retried; a cancelled one leaves nothing. */
async function retryAndCancel() {
  const isUpload = (url) => url.searchParams.has('X-Amz-Signature') && url.pathname.includes('/uploads/')
  await tab.route(isUpload, (route) => (route.request().method() === 'PUT' ? route.fulfill({ status: 400, headers: { 'access-control-allow-origin': '*' } }) : route.continue()))
  await addFiles([job.files.sound])
  await button(/^Retry sound.mp3/).waitFor()
  await tab.unroute(isUpload)
  await press(/^Retry sound.mp3/)
  await waitForReady(3)
  const held = new Promise((resolve) => void tab.route(isUpload, resolve))
  await addFiles([job.files.picture])
  await held
  const ended = tab.waitForEvent('requestfailed', (request) => isUpload(new URL(request.url())))
  await press(/^Cancel picture/)
  await ended     // otherwise it would be sent with the end of the route
  await tab.unroute(isUpload)
}

async function announceAndReject() {
  await addFiles([job.files.picture, job.files.film, job.files.hostile])
  await waitForReady(5)
  await tab.locator('.upload.rejected').waitFor()
  result.announced = await takeAnnouncements()
  result.reason = await tab.locator('.upload-reason').innerText()
  await press('Clear finished')
  await tab.waitForFunction(() => document.querySelectorAll('.media-card').length === 7)
  await openMedia('hostile')
  result.rejectedScreen = await tab.getByRole('main').innerText()
  await page.inspect('rejected-file')
}

/** Send what another app shares, as phones do: the page opens with it. */
async function shareFromAnotherApp(texts, files = []) {
  await tab.goto('about:blank')
  const fields = Object.keys(texts).map((name) => `<textarea name="${name}"></textarea>`).join('')
  await tab.setContent(`<form method="post" enctype="multipart/form-data" action="${job.web}/share-target">${fields}<input type="file" name="files" multiple></form>`)
  for (const [name, value] of Object.entries(texts)) await tab.locator(`[name=${name}]`).fill(value)
  await tab.locator('[type=file]').setInputFiles(files.map((name) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(`It is ${name}.`) })))
  await tab.locator('form').evaluate((form) => form.submit())
}

/** The page asks before it adds what was shared. */
async function receive() {
  await shareFromAnotherApp({ text: 'Sent from a phone' }, ['Café & 50 %.txt', '50%25 of it #2.txt'])
  result.received = [await dialog.getByRole('heading').innerText(), await dialog.locator('li bdi').allInnerTexts()]
  await page.inspect('received-files')
  result.addedUnasked = await tab.locator('.upload').count()
  await dialog.getByRole('button', { name: 'Add', exact: true }).click()
  await waitForReady(2)
  result.stillReceived = await tab.evaluate(async () => [location.search, await caches.has('visionary-received')])
  await press('Clear finished')
  await shareFromAnotherApp({ title: 'Ice', text: 'Read this: https://example.org/ice' })
  result.receivedAddress = await dialog.getByLabel('Address').inputValue()
  await shareFromAnotherApp({ title: 'The sea', text: 'The sea goes up. '.repeat(2000) })     // more than an address holds
  result.receivedText = [await dialog.locator('textarea').inputValue(), await dialog.getByLabel('Title (optional)').inputValue()]
  // What is no form is not stored; neither is what finds no room.
  await tab.evaluate(() => fetch('share-target', { method: 'POST', body: 'no form' }))
  await tab.goto(`${job.web}/?received`)
  await tab.getByText('What was shared could not be received.').waitFor()
  await tab.locator('.toasts').getByRole('button', { name: 'Close' }).click()
}

async function viewImageAndAudio() {
  await openMedia('picture')
  const width = () => tab.locator('img.image').evaluate((image) => image.clientWidth)
  await tab.getByRole('button', { name: 'Zoom in' }).waitFor()
  const fitted = await width()
  await press('Zoom in')
  await page.inspect('image-full-size')
  const fullSize = await width()
  await press('Zoom out')
  result.imageWidths = [fitted, fullSize, await width()]
  await page.inspect('image')
  await openMedia('sound')
  const position = tab.getByRole('slider').first()
  await tab.waitForFunction(() => [...document.querySelectorAll('[aria-valuetext]')].some((slider) => !slider.ariaValueText.endsWith(' 0:00')))
  result.audioPosition = await position.getAttribute('aria-valuetext')
  await page.inspect('audio')
}

/** Play a video by keyboard and seek; it is loaded in byte ranges. */
async function playVideo() {
  const ranges = []
  tab.on('response', (response) => { if (response.request().resourceType() === 'media') ranges.push([response.status(), response.headers()['content-range'] ?? '']) })
  await openMedia('film')
  const film = tab.locator('.video video')
  const waitUntilPlayed = (second) => film.evaluate((video, target) => new Promise((resolve) => {
    const onFrame = (_, { mediaTime }) => (mediaTime > target ? resolve(mediaTime) : video.requestVideoFrameCallback(onFrame))
    video.requestVideoFrameCallback(onFrame)
  }), second)
  await film.waitFor()
  await tab.keyboard.press('Space')
  result.film = { played: await waitUntilPlayed(0.3), durationS: await film.evaluate((video) => video.duration) }
  await film.evaluate((video) => { video.currentTime = 20 })
  result.film.sought = await waitUntilPlayed(20.1)
  await tab.keyboard.press('Space')
  result.film.isPaused = await film.evaluate((video) => video.paused)
  result.film.ranges = ranges
  await page.inspect('video')
}

await run(async () => {
  await recordAnnouncements()
  await page.open(job.web)
  await signUp()
  await reloadWhileChecking()
  await dropPasteAndPhotograph()
  await retryAndCancel()
  await announceAndReject()
  await receive()
  step('added')
  await viewImageAndAudio()
  await playVideo()
  step('viewed')
})
