// Runs recipes of docs/playing.md in Chromium. Called by test_playing.py with a job on standard input:
//   {recipe: 'play' | 'play-finished', api, token, origin, chromium, jobId, text?, rate, timeoutMs}
// Writes {ended, duration, stalls, shown, …} to standard output.
import { readFileSync } from 'node:fs'
import { pageWith, recipesOf } from './recipes.mjs'

const job = JSON.parse(readFileSync(0, 'utf8'))

// Added to the recipes: records the element's events and the player's stalls: [position, seconds of audio in the buffer].
const OBSERVER = `
const observed = window.observed = { ended: false, stalls: [], shown: [], duration: null, failed: null }
const attach = Hls.prototype.attachMedia
Hls.prototype.attachMedia = function (media) {
  this.on(Hls.Events.ERROR, (_, error) => {
    if (error.fatal) observed.failed = error.details
    // With audio in the buffer, it is the decoder of a busy machine that waits.
    if (error.details === 'bufferStalledError' && error.buffer < 0.3) observed.stalls.push([audio.currentTime, error.buffer])
  })
  return attach.call(this, media)
}
const audio = document.querySelector('audio')
audio.defaultPlaybackRate = audio.playbackRate = ${job.rate}
audio.addEventListener('ended', () => { observed.ended = true; observed.duration = audio.duration; observed.at = audio.currentTime })
audio.addEventListener('loadedmetadata', () => { observed.duration = audio.duration })
audio.addEventListener('error', () => { observed.failed = String(audio.error?.message || audio.error?.code) })
const element = document.querySelector('p')
element.textContent = ${JSON.stringify(job.text ?? '')}
const highlight = highlighter(element)
const show = (start, end) => {
  highlight(start, end)
  const [range] = CSS.highlights.get('spoken')
  observed.shown.push([String(range), audio.currentTime * 1000])
}
const playing = ${job.recipe === 'play' ? 'play' : 'playFinished'}(audio, ${JSON.stringify(job.jobId)})
${job.text ? `follow(audio, ${JSON.stringify(job.jobId)}, element.textContent, show).catch((error) => { observed.failed = error.message })` : ''}
playing.then(${job.savesPosition ? `() => savePosition(audio, ${JSON.stringify(job.jobId)})` : ''}).catch((error) => { observed.failed = error.message })
`
const recipes = ['call', 'play', 'play-finished', 'follow', 'highlight', 'position'].map(recipesOf('playing.md'))
const { page, close } = await pageWith(job, { script: [...recipes, OBSERVER].join('\n'), body: '<audio controls></audio><p lang="en"></p>' })
let result
const playlists = []
try {
  page.on('response', async (response) => {
    if (!response.url().includes('playlist.m3u8') || response.status() !== 200) return
    const index = playlists.push('') - 1
    playlists[index] = await response.text().catch(() => '')
  })
  await page.goto(job.origin + '/')
  await page.waitForFunction(() => window.observed?.ended || window.observed?.failed, null, { timeout: job.timeoutMs }).catch(() => null)
  result = await page.evaluate(() => window.observed)
} finally {
  await close()
}
console.log(JSON.stringify({ ...result, playlists: playlists.filter(Boolean) }))
