// The player's decisions without a browser: chapters, words by text position, and which recording is played.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './loading.mjs'

const stored = new Map()
globalThis.localStorage = { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value) }
Object.assign(globalThis, {
  document: { documentElement: { dataset: {}, lang: '' } },
  addEventListener: () => undefined,
  history: { scrollRestoration: 'auto', state: null },
  location: { hash: '' },
})

const { chapterMarks } = await load('listening/chapterMarks.ts')
const { fileChapterMarks } = await load('playing/fileChapters.ts')
const { withTimelyReloads } = await load('listening/growingPlaylist.ts')
const { timeAt } = await load('listening/textTimes.ts')
const { chapterAt, chapterStep } = await load('playing/model.ts')

const CHAPTERS = [
  { title: 'One', start: 0, end: 100 },
  { title: 'Two', start: 100, end: 200 },
  { title: 'Three', start: 200, end: 300 },
]
// a word every second, ten code points long; the recording starts within the second chapter
const WORDS = Array.from({ length: 15 }, (_, n) => [n * 1000, n * 1000 + 900, 150 + n * 10, 158 + n * 10])

test('a recording has the chapters that it speaks, from its own start to its end', () => {
  assert.deepEqual(chapterMarks(CHAPTERS, WORDS, 16_000), [
    { title: 'Two', startMs: 0, endMs: 5000 },
    { title: 'Three', startMs: 5000, endMs: 16_000 },
  ])
  assert.deepEqual(chapterMarks(CHAPTERS, [], 0), [])
  assert.equal(chapterAt(chapterMarks(CHAPTERS, WORDS, 16_000), 4999).title, 'Two')
})

test('a chapter of a file ends where the next one starts, the last one with the file', () => {
  const chapters = [
    { title: 'One', start_ms: 0 },
    { title: '', start_ms: 4000 },
  ]
  assert.deepEqual(fileChapterMarks(chapters, 9000), [
    { title: 'One', startMs: 0, endMs: 4000 },
    { title: '', startMs: 4000, endMs: 9000 },
  ])
  assert.deepEqual(fileChapterMarks([], 9000), [])
})

test('previous leads to the start of the chapter, and at its start to the one before', () => {
  const marks = [0, 60_000, 120_000].map((startMs) => ({ title: '', startMs, endMs: startMs + 60_000 }))
  assert.deepEqual(
    [70_000, 61_000, 1000].map((ms) => chapterStep(marks, ms, -1)),
    [60_000, 0, 0],
  )
  assert.deepEqual(
    [0, 60_000, 130_000].map((ms) => chapterStep(marks, ms, 1)),
    [60_000, 120_000, undefined],
  )
})

test('text before the start of a recording, and behind its last word, is not in it', () => {
  assert.equal(timeAt(WORDS, 149, 150), null)
  assert.equal(timeAt(WORDS, 150, 150), 0)
  assert.equal(timeAt(WORDS, 159, 150), 1000, 'between two words: the next one')
  assert.equal(timeAt(WORDS, 299, 150), null)
  assert.equal(timeAt(WORDS, 20, 0), 0, 'a heading that is not spoken')
})

test('the recording that was chosen last is played, else the one at the place, else the one that covers the most', async () => {
  const { chooseRecording, rememberChoice } = await load('listening/recordings.ts')
  const job = (id, start, end, status = 'done') => ({ id, media_id: 'book', start, end, status })
  const [short, long, late] = [job('short', 0, 50), job('long', 0, 200), job('late', 150, 300)]
  const jobs = [late, short, long, job('failed', 0, 900, 'failed')]
  assert.equal(chooseRecording(jobs, null).id, 'long')
  assert.equal(chooseRecording(jobs, 250).id, 'late')
  assert.equal(chooseRecording(jobs, 20).id, 'long')
  assert.equal(chooseRecording(jobs, 999).id, 'long', 'none is at the place')
  assert.equal(chooseRecording([], 20), null)
  rememberChoice(short)
  assert.equal(chooseRecording(jobs, null).id, 'short')
  assert.equal(chooseRecording(jobs, 20).id, 'short')
  assert.equal(chooseRecording(jobs, 250).id, 'short')
  assert.equal(chooseRecording(jobs, 250, true).id, 'late', 'the chosen one does not reach the hit of a search')
})

test('a growing playlist is loaded again before its audio has been heard', () => {
  const playlist = (durations) =>
    ['#EXTM3U', '#EXT-X-TARGETDURATION:15', ...durations.flatMap((s) => [`#EXTINF:${s.toFixed(3)},`, 'a.mp3'])].join('\n')
  const target = (...args) => Number(withTimelyReloads(...args).match(/DURATION:(\d+)/)[1])
  assert.equal(target(playlist([4.3, 4.3, 4.4]), 0, 1), 6)
  assert.equal(target(playlist([4.3, 4.3, 4.4]), 0, 3), 2)
  assert.equal(target(playlist([4.3, 4.3, 4.4]), 13, 1), 2, 'also when nothing is left')
  assert.equal(target(playlist(Array(10).fill(15)), 100, 1), 15, 'never later than the playlist says')
  assert.equal(target(`${playlist([4.3])}\n#EXT-X-ENDLIST`, 0, 3), 15)
  assert.equal(withTimelyReloads(playlist([4.3]), 0, 3).replace('DURATION:2', 'DURATION:15'), playlist([4.3]))
})
