// The display form of a document: text offsets in its runs, and which sections are requested.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './loading.mjs'

const { toCodePoints, toUtf16 } = await load('reader/book/sectionRuns.ts')

const TEXTS = ['', 'plain', '🗼', 'A 🗼 stands 👩‍🚀.', '🐦🐦🐦', 'é́ 漢字 🔦x']

test('every code point of a run has its UTF-16 unit, and the other way round', () => {
  for (const text of TEXTS) {
    let unit = 0
    for (const [position, character] of [...text].entries()) {
      assert.equal(toUtf16(text, position), unit, `${position} in ${text}`)
      assert.equal(toCodePoints(text, unit), position, `${unit} in ${text}`)
      unit += character.length
    }
    assert.equal(toUtf16(text, [...text].length), text.length)
  }
})

test('positions outside a run are its start and its end', () => {
  for (const text of TEXTS) {
    assert.equal(toUtf16(text, -5), 0)
    assert.equal(toUtf16(text, 1000), text.length)
  }
})
