// What is jumped over while a recording plays, without a browser.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './loading.mjs'

const { heardWordAt, jumpAt, jumpsOf, lastHeard, moveHeard, nextJump } = await load('listening/skipping.ts')

const range = (kind, start_ms, end_ms) => ({ kind, start_ms, end_ms })
const RANGES = [range('table', 1000, 3000), range('citation', 2500, 2800), range('footnote', 3000, 4000), range('citation', 6000, 6400)]
const JUMPS = jumpsOf(RANGES, () => true)
// a word every 500 ms, 400 ms long; the offsets in the text are the same numbers
const WORDS = Array.from({ length: 16 }, (_, n) => [n * 500, n * 500 + 400, n * 500, n * 500 + 400])

test('ranges of skipped kinds that overlap or touch are one jump', () => {
  assert.deepEqual(JUMPS, [
    [1000, 4000],
    [6000, 6400],
  ])
  assert.deepEqual(
    jumpsOf(RANGES, (kind) => kind === 'citation'),
    [
      [2500, 2800],
      [6000, 6400],
    ],
  )
  assert.deepEqual(
    jumpsOf(RANGES, () => false),
    [],
  )
})

test('a range that goes on after the audio so far is continued by the next one', () => {
  assert.deepEqual(
    jumpsOf([range('table', 0, 5000), range('table', 5000, 7000)], () => true),
    [[0, 7000]],
  )
})

test('a time in a jump leads behind it, once', () => {
  assert.deepEqual(jumpAt(JUMPS, 1000), [1000, 4000])
  assert.deepEqual(jumpAt(JUMPS, 3900), [1000, 4000])
  for (const ms of [999, 3980, 4000, 5000, 7000]) assert.equal(jumpAt(JUMPS, ms), undefined, `${ms}`)
  assert.deepEqual(nextJump(JUMPS, 1000), [6000, 6400])
  assert.equal(nextJump(JUMPS, 6000), undefined)
})

test('15 seconds forward and back count what is heard', () => {
  assert.equal(moveHeard(JUMPS, 500, 400), 900)
  assert.equal(moveHeard(JUMPS, 500, 1500), 5000)
  assert.equal(moveHeard(JUMPS, 500, 2800), 6700)
  assert.equal(moveHeard(JUMPS, 6700, -2800), 500)
  assert.equal(moveHeard(JUMPS, 4500, -200), 4300)
  assert.equal(moveHeard(JUMPS, 2000, -600), 400)
  assert.ok(moveHeard(JUMPS, 500, -15_000) < 0, 'the player limits it')
  assert.equal(moveHeard([], 500, 15_000), 15_500)
})

test('no word that is jumped over is ever lit', () => {
  for (let ms = 0; ms < 8000; ms += 10) {
    if (jumpAt(JUMPS, ms)) continue
    const startMs = WORDS[heardWordAt(WORDS, JUMPS, ms)][0]
    assert.ok(!JUMPS.some(([start, end]) => startMs >= start && startMs < end), `the word of ${startMs} at ${ms}`)
  }
  assert.equal(heardWordAt(WORDS, JUMPS, 4000), 8)
  assert.equal(heardWordAt(WORDS, [[600, 950]], 980), 1)
  assert.equal(heardWordAt(WORDS, [[900, 1450]], 1480), 1, 'until the next word starts, the last one that was heard')
  assert.equal(heardWordAt(WORDS, [[0, 950]], 980), -1)
})

test('the word heard before a sentence is found over several jumps', () => {
  assert.equal(lastHeard(WORDS, JUMPS, 7), 1)
  assert.equal(lastHeard(WORDS, JUMPS, 12), 11)
  assert.equal(lastHeard(WORDS, JUMPS, -1), -1)
})
