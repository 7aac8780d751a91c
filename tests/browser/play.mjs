// Runs recipes of docs/playing.md in Chromium and tells what was heard and shown. Called by test_playing.py with a job on stdin:
//   {recipe: 'play' | 'play-finished', api, token, origin, chromium, jobId, text?, rate, patienceMs}
// Answers {ended, duration, waited, errors, shown, …} on stdout.
import { readFileSync } from 'node:fs'
import { pageWith, recipesOf } from './recipes.mjs'

const job = JSON.parse(readFileSync(0, 'utf8'))

// What the page does besides the recipes: it looks at the element and at the player's errors.
const GLUE = `
const seen = window.seen = { started: false, ended: false, waited: [], errors: [], shown: [], duration: null, failed: null }
const attach = Hls.prototype.attachMedia
Hls.prototype.attachMedia = function (media) {
  this.on(Hls.Events.ERROR, (_, error) => seen.errors.push(error.details + (error.fatal ? ' (fatal)' : '')))
  return attach.call(this, media)
}
const audio = document.querySelector('audio')
audio.defaultPlaybackRate = audio.playbackRate = ${job.rate}
audio.addEventListener('playing', () => { seen.started = true })
// A stall: nothing is left to be played, and it is not the end. (On a busy machine a decoder waits with sound in hand.)
audio.addEventListener('waiting', () => {
  const ahead = audio.buffered.length ? audio.buffered.end(audio.buffered.length - 1) - audio.currentTime : 0
  if (seen.started && ahead < 0.3 && audio.currentTime < audio.duration - 0.3) seen.waited.push([audio.currentTime, ahead])
})
audio.addEventListener('ended', () => { seen.ended = true; seen.duration = audio.duration; seen.at = audio.currentTime })
audio.addEventListener('loadedmetadata', () => { seen.duration = audio.duration })
audio.addEventListener('error', () => { seen.failed = String(audio.error?.message || audio.error?.code) })
const element = document.querySelector('p')
element.textContent = ${JSON.stringify(job.text ?? '')}
const highlight = highlighter(element)
const show = (start, end) => {
  highlight(start, end)
  const [range] = CSS.highlights.get('spoken')
  seen.shown.push([String(range), audio.currentTime * 1000])
}
const playing = ${job.recipe === 'play' ? 'play' : 'playFinished'}(audio, ${JSON.stringify(job.jobId)})
${job.text ? `follow(audio, ${JSON.stringify(job.jobId)}, element.textContent, show).catch((error) => { seen.failed = error.message })` : ''}
playing.then(${job.keepPlace ? `() => keepPlace(audio, ${JSON.stringify(job.jobId)})` : ''}).catch((error) => { seen.failed = error.message })
`
const recipes = ['call', 'play', 'play-finished', 'follow', 'highlight', 'position'].map(recipesOf('playing.md'))
const { page, close } = await pageWith(job, { script: [...recipes, GLUE].join('\n'), body: '<audio controls></audio><p lang="en"></p>' })
let answer
const playlists = []
try {
  page.on('response', async (response) => {
    if (!response.url().includes('playlist.m3u8') || response.status() !== 200) return
    const place = playlists.push('') - 1
    playlists[place] = await response.text().catch(() => '')
  })
  await page.goto(job.origin + '/')
  await page.waitForFunction(() => window.seen?.ended || window.seen?.failed, null, { timeout: job.patienceMs }).catch(() => null)
  answer = await page.evaluate(() => window.seen)
} finally {
  await close()
}
console.log(JSON.stringify({ ...answer, playlists: playlists.filter(Boolean) }))
