// Names of users: shown without characters that reorder others, and isolated from the text around them.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { load } from './loading.mjs'

const { displayName, removeBidiControls } = await load('parts/displayName.ts')
const { Edit, mergeTags } = await load('library/changes.ts')
const { MAX_CHARACTERS } = await load('api/limits.ts')
const SRC = fileURLToPath(new URL('../src/', import.meta.url))
const CONTROLS = [...'\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069']

test('every bidirectional control is removed from a name', () => {
  for (const control of CONTROLS) {
    assert.equal(displayName(`${control}txt.gpj.exe${control}`), 'txt.gpj.exe')
    assert.equal(removeBidiControls(`a${control}b`), 'ab')
  }
  assert.equal(displayName('Schöne 本 😀.pdf'), 'Schöne 本 😀.pdf')
})

test('a name in a right-to-left script is isolated in a sentence', () => {
  for (const name of ['ספר.pdf', 'كتاب.pdf', 'A ספר']) assert.equal(displayName(name), `\u2068${name}\u2069`)
})

const NAME = /(?<!\bt\.)\b(?:media|collection|hit|chapter|listening|playback|file)(?:\.value)?\??\.(?:title|filename|name)\b/
const ALLOWED = /<Name>|displayName\(|useState\(|new Listening\(|\.(?:includes|split)\(|filename: file\.name|^import/

test('no source shows a name of a user in any other way', () => {
  let found = 0
  for (const source of readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tsx'))) {
    for (const line of readFileSync(join(SRC, source), 'utf8').split('\n')) {
      if (!NAME.test(line)) continue
      found++
      assert.match(line, ALLOWED, `${source}: ${line.trim()}`)
    }
  }
  assert.ok(found > 15, 'no names were found')
})

test('the length of a field comes from the limits of the API', () => {
  for (const source of readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tsx'))) {
    for (const [, length] of readFileSync(join(SRC, source), 'utf8').matchAll(/\bmaxLength=(\S+)/gi)) {
      const name = /^\{MAX_CHARACTERS\.(\w+)\}$/.exec(length)?.[1]
      assert.ok(name !== undefined && name in MAX_CHARACTERS, `${source}: maxLength=${length}`)
    }
  }
})

test('two edits of the tags lose none of them', () => {
  assert.deepEqual(mergeTags(['a', 'b'], ['a', 'b', 'mine'], ['a', 'b', 'theirs']), ['a', 'b', 'theirs', 'mine'])
  assert.deepEqual(mergeTags(['a', 'b'], ['b'], ['a', 'b', 'theirs']), ['b', 'theirs'])
  assert.deepEqual(mergeTags(['a'], ['a', 'b'], ['b']), ['b'])
})

test('an edit changes only the fields of the user, and asks before it replaces the change of another', () => {
  const original = { name: 'Shelf', description: '' }
  const renamed = { name: 'Mine', description: '' }
  assert.deepEqual(new Edit(original, Error).changes(renamed, original), { name: 'Mine' })
  assert.deepEqual(new Edit(original, Error).changes(renamed, { name: 'Shelf', description: 'theirs' }), { name: 'Mine' })
  const edit = new Edit(original, Error)
  assert.throws(() => edit.changes(renamed, { name: 'Theirs', description: '' }), /Theirs/)
  assert.deepEqual(edit.changes(renamed, { name: 'Theirs', description: '' }), { name: 'Mine' })
})
