// What the page reckons with, without a browser: places in texts, words on pages.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './loading.mjs'

const { Piece } = await load('reading_text/textChunk.ts')
const { align, overlapping } = await load('reader/pdf/textAlignment.ts')
const { below } = await load('reading_text/lowerBound.ts')

const TEXT = 'A 🗼 stands.\n\nNaïve 👩‍🚀 counts 🐦🐦 gulls. She waits; the sea does not.\n\nThe end 🔦'

test('code points and UTF-16 units lead to each other at every place', () => {
  const piece = new Piece(TEXT, 1000, new Set(), 'en')
  const points = [...TEXT]
  assert.equal(piece.end, 1000 + points.length)
  let unit = 0
  for (const [index, letter] of points.entries()) {
    assert.equal(piece.unit(1000 + index), unit)
    assert.equal(piece.point(unit), 1000 + index)
    unit += letter.length
  }
})

test('a sentence is found from any of its words, behind emoji, too', () => {
  const piece = new Piece(TEXT, 50, new Set(), 'en')
  const place = (word) => 50 + [...TEXT.slice(0, TEXT.indexOf(word))].length
  const sentence = (word) => piece.between(...piece.sentenceAt(place(word)))
  assert.equal(sentence('stands'), 'A 🗼 stands.')
  assert.equal(sentence('gulls'), 'Naïve 👩‍🚀 counts 🐦🐦 gulls.')
  assert.equal(sentence('sea'), 'She waits; the sea does not.')
  assert.equal(sentence('end'), 'The end 🔦')
})

test('paragraphs know where they begin, and which are headings', () => {
  const second = [...'A 🗼 stands.\n\n'].length
  const piece = new Piece(TEXT, 0, new Set([second]), 'en')
  assert.deepEqual(
    piece.paragraphs.map(({ start, isHeading }) => [start, isHeading]),
    [
      [0, false],
      [second, true],
      [[...TEXT].length - [...'The end 🔦'].length, false],
    ],
  )
  for (const [index, { start, text }] of piece.paragraphs.entries()) {
    assert.equal(piece.paragraphAt(start), index)
    assert.equal(piece.paragraphAt(start + [...text].length - 1), index)
  }
})

test('words of a reading text are found on a page with its running head and its hyphens', () => {
  const spoken = 'The 🗼 keeper climbs one hundred steps. He lights the lamp.'
  const lines = ['A Book of Lights   17', 'The 🗼 keeper climbs one hun-', 'dred steps. He lights', 'the lamp.']
  const found = align(spoken, 300, lines)
  const shown = (word) => {
    const start = 300 + [...spoken.slice(0, spoken.indexOf(word))].length
    return overlapping(found, start, start + [...word].length).map(({ node, from, to }) => lines[node].slice(from, to))
  }
  assert.deepEqual(shown('keeper'), ['keeper'])
  assert.deepEqual(shown('hundred'), ['hun', 'dred'])
  assert.deepEqual(shown('lamp'), ['lamp'])
  assert.ok(
    found.every(({ node }) => node > 0),
    'nothing of the running head',
  )
})

test('what is below a border is counted, at both ends as well', () => {
  const numbers = [1, 3, 3, 7]
  assert.deepEqual(
    [0, 1, 2, 3, 4, 8].map((border) => below(numbers, (each) => each < border)),
    [0, 0, 1, 1, 3, 4],
  )
})

test('a short word of a running head is not taken for the one that is spoken', () => {
  const lines = ['A House · A sample', 'A light that is found', 'and the light-', 'house, and the lighthouse stands']
  const found = align('A House. A light that is found and the lighthouse, and the lighthouse stands', 0, lines)
  const second = found.filter(({ node }) => node === 1)
  assert.deepEqual(
    second.map(({ from, to }) => lines[1].slice(from, to)),
    ['A', 'light', 'that', 'is', 'found'],
  )
  const cut = found.filter(({ node, start }) => node === 2 && start > 30).map(({ from, to }) => lines[2].slice(from, to))
  assert.deepEqual(cut, ['and', 'the', 'light'])
})

test('a title that is also the running head is found in the text', () => {
  const lines = ['17', 'The Keeper of the Lamp', 'The Keeper of the Lamp', 'The keeper climbs the stairs, and the lamp', 'is lit.']
  const spoken = 'The Keeper of the Lamp\n\nThe keeper climbs the stairs, and the lamp is lit.'
  const found = align(spoken, 0, lines)
  assert.deepEqual(
    found.map(({ node }) => node),
    [...Array(5).fill(2), ...Array(8).fill(3), 4, 4],
  )
  const below = align('Preface\n\nWho reads this is kind.', 0, ['Preface', 'Who reads this is kind.', 'Preface · 3'])
  assert.deepEqual(
    below.map(({ node }) => node),
    [0, 1, 1, 1, 1, 1],
  )
})
