// Comic books: pages are found in the view copy by its directory, and cut out of the bytes of their entries.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './loading.mjs'

const { directoryRange, readDirectory, readPage } = await load('reader/comic/zip.ts')

const encode = (text) => new TextEncoder().encode(text)

/** A record of numbers, each with its size in bytes, followed by texts. */
function record(numbers, ...texts) {
  const bytes = []
  for (const [size, value] of numbers) for (let byte = 0; byte < size; byte++) bytes.push((value >>> (8 * byte)) & 255)
  return Uint8Array.from([...bytes, ...texts.flatMap((text) => [...encode(text)])])
}

/** A ZIP archive with stored entries. */
function archive(files) {
  const parts = []
  const directory = []
  let length = 0
  for (const [name, content] of Object.entries(files)) {
    const sizes = [4, content.length]
    const times = [[2, 0], [2, 0], [4, 0]] // biome-ignore format: one field after the other
    const entry = record([[4, 0x04034b50], [2, 20], [2, 0], [2, 0], ...times, sizes, sizes, [2, name.length], [2, 0]], name, content)
    const place = [
      [2, 0],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, length],
    ]
    directory.push(record([[4, 0x02014b50], [2, 20], [2, 20], [2, 0], [2, 0], ...times, sizes, sizes, [2, name.length], ...place], name))
    parts.push(entry)
    length += entry.length
  }
  const size = directory.reduce((sum, entry) => sum + entry.length, 0)
  const count = directory.length
  const end = record([
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, size],
    [4, length],
    [2, 0],
  ])
  return Uint8Array.from([...parts, ...directory, end].flatMap((part) => [...part]))
}

const FILES = { '00001.jpg': 'first', '00002.png': 'the second', 'ComicInfo.xml': '<ComicInfo/>' }

test('the pages of a comic book are those entries of the directory that are pictures', () => {
  const file = archive(FILES)
  const tail = file.subarray(file.length - 300)
  const { start, end } = directoryRange(tail)
  const pages = readDirectory(file.subarray(start, end))
  assert.deepEqual(
    pages.map(({ name, size }) => [name, size]),
    [
      ['00001.jpg', 5],
      ['00002.png', 10],
    ],
  )
})

test('a page is cut out of bytes that begin with its entry', async () => {
  const file = archive(FILES)
  const { start } = directoryRange(file)
  const [, second] = readDirectory(file.subarray(start))
  const picture = readPage(file.subarray(second.offset, second.offset + 90), second)
  assert.equal(picture.type, 'image/png')
  assert.equal(await picture.text(), 'the second')
})

test('a file that is cut off is an error', () => {
  const file = archive(FILES)
  assert.throws(() => directoryRange(file.subarray(0, 60)))
  assert.throws(() => readPage(file.subarray(3), { name: 'a.jpg', offset: 0, size: 1 }))
})
