// The sentence that is lit while it is spoken, and that the buttons for sentences go to.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './loading.mjs'

const { sentenceAround } = await load('reading_text/sentences.ts')

/** Every sentence of a paragraph, as each of its characters finds it. */
function sentences(paragraph, language) {
  const found = []
  for (let unit = 0; unit < paragraph.length; unit++) {
    const sentence = paragraph.slice(...sentenceAround(paragraph, unit, language))
    if (found.at(-1) !== sentence) found.push(sentence)
  }
  return found
}

const CASES = {
  en: [
    ['Dr. Lindqvist measured it.', 'Mr. Smith left at 7:40 a.m. with a rod.'],
    ['J. R. R. Tolkien wrote it.', 'See Fig. 3 and No. 5 in vol. 2.', 'Then stop.'],
    ['So do I.', 'Nobody minds.'],
    ['Was it Mrs. Dalloway?', 'It was!', 'She bought the flowers.'],
    ['Some birds, e.g. Gulls, are loud.', 'He left at 5 p.m.', 'She stayed.'],
  ],
  de: [
    ['Am 3. Mai kam Dr. Weber, z. B. mit Hrn. Krug.', 'Er blieb.'],
    ['Siehe Abs. 2 und Nr. 5.', 'Das ist alles.'],
  ],
  fr: [['Mme. Dupont et M. Hulot partent.', 'Ils rentrent.']],
  es: [['El Sr. García y la Dra. Ruiz llegan.', 'Comen.']],
  it: [['Il Sig. Rossi e il Dott. Bianchi arrivano.', 'Mangiano.']],
}

test('abbreviations, initials and ordinals do not end a sentence', () => {
  for (const [language, paragraphs] of Object.entries(CASES))
    for (const expected of paragraphs) assert.deepEqual(sentences(expected.join(' '), language), expected)
})

test('a paragraph of one unfinished sentence is the sentence, in any language', () => {
  assert.deepEqual(sentences('no stop at all', 'und'), ['no stop at all'])
  assert.deepEqual(sentenceAround('', 0, 'en'), [0, 0])
})
