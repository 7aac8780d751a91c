// The page's logic without a browser: text positions, words on PDF pages, places that are found, tags, and its picture.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { load } from './loading.mjs'

const { TextChunk } = await load('reading_text/textChunk.ts')
const { lowerBound } = await load('reading_text/lowerBound.ts')
const { firstFrom, step } = await load('reader/find/occurrences.ts')
const { completeTag, suggestTags } = await load('library/tagText.ts')
const { alignWords, clippedUnits, overlappingWords } = await load('reader/pdf/textAlignment.ts')

const TEXT = 'A 🗼 stands.\n\nNaïve 👩‍🚀 counts 🐦🐦 gulls. She waits; the sea does not.\n\nThe end 🔦'

test('code points and UTF-16 units convert to each other at every position', () => {
  const chunk = new TextChunk(TEXT, 1000, new Set(), 'en')
  const characters = [...TEXT]
  assert.equal(chunk.end, 1000 + characters.length)
  let unit = 0
  for (const [index, character] of characters.entries()) {
    assert.equal(chunk.toUtf16(1000 + index), unit)
    assert.equal(chunk.toCodePoint(unit), 1000 + index)
    unit += character.length
  }
})

test('a sentence is found from any of its words, also after emoji', () => {
  const chunk = new TextChunk(TEXT, 50, new Set(), 'en')
  const positionOf = (word) => 50 + [...TEXT.slice(0, TEXT.indexOf(word))].length
  const sentenceWith = (word) => chunk.slice(...chunk.sentenceAt(positionOf(word)))
  assert.equal(sentenceWith('stands'), 'A 🗼 stands.')
  assert.equal(sentenceWith('gulls'), 'Naïve 👩‍🚀 counts 🐦🐦 gulls.')
  assert.equal(sentenceWith('sea'), 'She waits; the sea does not.')
  assert.equal(sentenceWith('end'), 'The end 🔦')
})

test('paragraphs have start positions, and headings are marked', () => {
  const second = [...'A 🗼 stands.\n\n'].length
  const chunk = new TextChunk(TEXT, 0, new Set([second]), 'en')
  assert.deepEqual(
    chunk.paragraphs.map(({ start, isHeading }) => [start, isHeading]),
    [
      [0, false],
      [second, true],
      [[...TEXT].length - [...'The end 🔦'].length, false],
    ],
  )
  for (const [index, { start, text }] of chunk.paragraphs.entries()) {
    assert.equal(chunk.paragraphAt(start), index)
    assert.equal(chunk.paragraphAt(start + [...text].length - 1), index)
  }
})

test('the lower bound counts the items below a limit, from none to all', () => {
  const numbers = [1, 3, 3, 7]
  assert.deepEqual(
    [0, 1, 2, 3, 4, 8].map((limit) => lowerBound(numbers, (number) => number < limit)),
    [0, 0, 1, 1, 3, 4],
  )
})

test('words of the reading text are found on a page with a running head and hyphens', () => {
  const text = 'The 🗼 keeper climbs one hundred steps. He lights the lamp.'
  const lines = ['A Book of Lights   17', 'The 🗼 keeper climbs one hun-', 'dred steps. He lights', 'the lamp.']
  const aligned = alignWords(text, 300, lines)
  const shown = (word) => {
    const start = 300 + [...text.slice(0, text.indexOf(word))].length
    return overlappingWords(aligned, start, start + [...word].length).map(({ node, from, to }) => lines[node].slice(from, to))
  }
  assert.deepEqual(shown('keeper'), ['keeper'])
  assert.deepEqual(shown('hundred'), ['hun', 'dred'])
  assert.deepEqual(shown('lamp'), ['lamp'])
  assert.ok(
    aligned.every(({ node }) => node > 0),
    'the running head is skipped',
  )
})

test('a part of a word is found in it, whatever letters are before it', () => {
  const text = '🗼 Lamps of 𝒦eepers and a lighthouse'
  const lines = ['🗼 Lamps of 𝒦eepers and a light-', 'house']
  const shown = (part) => {
    const start = [...text.slice(0, text.indexOf(part))].length
    const end = start + [...part].length
    return overlappingWords(alignWords(text, 0, lines), start, end).map((word) =>
      lines[word.node].slice(...clippedUnits(word, lines[word.node], start, end)),
    )
  }
  assert.deepEqual(shown('amp'), ['amp'])
  assert.deepEqual(shown('eep'), ['eep'])
  assert.deepEqual(shown('mps of 𝒦'), ['mps', 'of', '𝒦'])
  assert.deepEqual(shown('thou'), ['light', 'house'], 'hyphenated: the page has other letters')
})

test('a short word of a running head is not matched instead of the one in the text', () => {
  const lines = ['A House · A sample', 'A light that is found', 'and the light-', 'house, and the lighthouse stands']
  const aligned = alignWords('A House. A light that is found and the lighthouse, and the lighthouse stands', 0, lines)
  assert.deepEqual(
    aligned.filter(({ node }) => node === 1).map(({ from, to }) => lines[1].slice(from, to)),
    ['A', 'light', 'that', 'is', 'found'],
  )
  assert.deepEqual(
    aligned.filter(({ node, start }) => node === 2 && start > 30).map(({ from, to }) => lines[2].slice(from, to)),
    ['and', 'the', 'light'],
  )
})

test('a title that is also the running head is matched in the text', () => {
  const lines = ['17', 'The Keeper of the Lamp', 'The Keeper of the Lamp', 'The keeper climbs the stairs, and the lamp', 'is lit.']
  const text = 'The Keeper of the Lamp\n\nThe keeper climbs the stairs, and the lamp is lit.'
  assert.deepEqual(
    alignWords(text, 0, lines).map(({ node }) => node),
    [...Array(5).fill(2), ...Array(8).fill(3), 4, 4],
  )
  assert.deepEqual(
    alignWords('Preface\n\nWho reads this is kind.', 0, ['Preface', 'Who reads this is kind.', 'Preface · 3']).map(({ node }) => node),
    [0, 1, 1, 1, 1, 1],
  )
})

test('finding starts at the text in view, and goes round', () => {
  const items = [10, 50, 90].map((start) => ({ start, end: start + 4, page: null, snippet: '' }))
  assert.deepEqual(
    [null, 0, 12, 14, 60, 95].map((position) => firstFrom(items, position)),
    [0, 0, 0, 1, 2, 0],
  )
  assert.equal(firstFrom([], 5), 0)
  assert.deepEqual([step(0, 1, 3), step(2, 1, 3), step(0, -1, 3), step(0, 1, 0)], [1, 0, 2, 0])
})

test('the tag that is being typed is completed, and those that are there are not suggested', () => {
  const tags = [
    { tag: 'sea', item_count: 1 },
    { tag: 'ships', item_count: 7 },
  ]
  assert.deepEqual(
    suggestTags(tags, 's').map(({ tag }) => tag),
    ['ships', 'sea'],
  )
  assert.deepEqual(
    suggestTags(tags, 'Ships, s').map(({ tag }) => tag),
    ['sea'],
  )
  assert.equal(completeTag('s', 'sea'), 'sea, ')
  assert.equal(completeTag('ships , s', 'sea'), 'ships, sea, ')
})

test('the inline picture is the icon', () => {
  const shapes = (path) => readFileSync(new URL(path, import.meta.url), 'utf8').match(/(?<= d=")[^"]+|(?<=fill=")[^"]+/g)
  assert.deepEqual(shapes('../src/parts/Wordmark.tsx'), shapes('../public/icon.svg'))
})

test('a key expires after the days that were chosen, or never', async () => {
  const { expiryAfter, isExpired } = await load('apiKeys/expiry.ts')
  const now = Date.parse('2026-01-31T12:00:00Z')
  assert.equal(expiryAfter(30, now), '2026-03-02T12:00:00.000Z')
  assert.equal(expiryAfter(0, now), null)
  assert.equal(isExpired({ expires_at: '2026-01-31T12:00:00Z' }, now), true)
  assert.equal(isExpired({ expires_at: '2026-01-31T12:00:01Z' }, now), false)
  assert.equal(isExpired({ expires_at: null }, now), false)
})
