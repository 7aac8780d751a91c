// Annotations: which highlight a press means, what a draft becomes, and their order.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './loading.mjs'

globalThis.document = { documentElement: { dataset: {}, lang: '' } }
globalThis.localStorage = { getItem: () => null, setItem: () => undefined }

const { byPlace, fromDraft, highlightAt } = await load('annotations/model.ts')

const highlight = (start, end, changes = {}) => ({
  ...fromDraft({ kind: 'highlight', start, end, page: null, quote: 'text' }, `${start}-${end}`, 'media', new Date(0)),
  ...changes,
})

test('a press opens the shortest highlight there, and no detached one', () => {
  const annotations = [highlight(0, 100), highlight(20, 40), highlight(25, 30, { detached: true })]
  assert.equal(highlightAt(annotations, 26)?.id, '20-40')
  assert.equal(highlightAt(annotations, 40)?.id, '0-100')
  assert.equal(highlightAt(annotations, 100), undefined)
})

test('a draft becomes what the API will store', () => {
  const made = highlight(3, 9)
  assert.deepEqual([made.colour, made.note, made.quotation.exact], ['yellow', null, 'text'])
  const bookmark = fromDraft({ kind: 'bookmark', start: 7, end: null, page: null, quote: null }, 'id', 'media', new Date(0))
  assert.deepEqual([bookmark.start, bookmark.end, bookmark.colour], [7, 7, null])
})

test('annotations are in the order of the text, those of pages without text by page', () => {
  const page = (number) => highlight(0, 0, { id: `page ${number}`, page: number })
  const sorted = [highlight(9, 10), page(3), page(2), highlight(4, 8)].sort(byPlace).map(({ id }) => id)
  assert.deepEqual(sorted, ['page 2', 'page 3', '4-8', '9-10'])
})
