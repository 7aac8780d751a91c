// The texts of the page in every language.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { load } from './loading.mjs'

// The parts of a browser that the texts use.
globalThis.document = { documentElement: { dataset: {}, lang: '' } }
globalThis.localStorage = { getItem: () => null, setItem: () => undefined }
const setBrowserLanguages = (...languages) => Object.defineProperty(globalThis, 'navigator', { value: { languages }, configurable: true })
setBrowserLanguages('en')

const texts = await load('texts/index.ts')
const { language } = await load('platform/preferences.ts')
const { formatBytes, formatDuration } = await load('texts/format.ts')
const NUMBERS = [12, 34, 56]
const NO_BREAK_SPACE = '\u00a0'

/** Names, and by language the words that are the same in English. */
const NAMES = ['Visionary', 'Literata', 'Atkinson Hyperlegible', 'OpenDyslexic', 'Webhooks']
const SAME_IN_ENGLISH = {
  de: ['Uploads', 'Name', 'Link', 'Filter', 'Text', 'System', 'Pause', 'Sepia'],
  fr: [
    'Images',
    'Audio',
    'Collections',
    'Menu',
    'Page 12',
    '12 pages',
    'Description',
    'Pages',
    'Page',
    'Type',
    'Pause',
    'Notes',
    'Note',
    'Code',
    'Action',
    'Collection',
    'Messages',
    'Secret',
  ],
  es: ['Audio', 'Sepia', 'natural'],
  it: ['Email', 'Password', 'Link', 'Audio', 'Video', 'Account', 'Menu', 'File', 'Per file'],
}

/** Every text with its path. Functions are called with numbers, even where they expect names. */
function* flatten(text, path = '') {
  if (typeof text === 'string') yield [path, text]
  else if (typeof text === 'function') yield [`${path}()`, text(...NUMBERS.slice(0, text.length))]
  else for (const [name, inner] of Object.entries(text)) yield* flatten(inner, path ? `${path}.${name}` : name)
}

async function loadIn(tag) {
  setBrowserLanguages(tag)
  await texts.loadTexts()
  await texts.withScreenTexts()
  return Object.fromEntries(flatten(texts.t))
}

test('no French line ends before a sign of its sentence', async () => {
  for (const [path, text] of Object.entries(await loadIn('fr'))) assert.doesNotMatch(text, /« | [;:!?»]/, path)
})

test('every language has every text, translated, with the same numbers', async () => {
  const english = await loadIn('en')
  for (const tag of Object.keys(texts.LANGUAGES).filter((key) => key !== 'en')) {
    const translated = await loadIn(tag)
    const same = new Set([...NAMES, ...SAME_IN_ENGLISH[tag]])
    assert.deepEqual(Object.keys(translated).sort(), Object.keys(english).sort(), tag)
    for (const [path, text] of Object.entries(translated)) {
      assert.ok(text.trim(), `${tag} ${path} is empty`)
      assert.ok(text !== english[path] || same.has(text) || /^\W*(\d+\W*)+$/.test(text), `${tag} ${path} is English: ${text}`)
      const numbersIn = (sentence) => NUMBERS.filter((number) => sentence.includes(String(number)))
      assert.deepEqual(numbersIn(text), numbersIn(english[path]), `${tag} ${path} has other numbers: ${text}`)
    }
  }
})

test('the language is the chosen one, else the first supported one of the browser; the document names it', async () => {
  const shown = async () => {
    await texts.loadTexts()
    return [document.documentElement.lang, texts.t.session.signIn]
  }
  setBrowserLanguages('nl-NL', 'de-AT', 'en')
  assert.deepEqual(await shown(), ['de', 'Anmelden'])
  language.value = 'en'
  assert.deepEqual(await shown(), ['en', 'Sign in'])
  language.value = ''
  setBrowserLanguages('nl-NL')
  assert.deepEqual(await shown(), ['en', 'Sign in'])
  setBrowserLanguages('fr-CA')
  assert.deepEqual(await shown(), ['fr', 'Se connecter'])
})

test('numbers, plurals, units and language names follow the language', async () => {
  await loadIn('de-AT')
  assert.equal(texts.t.library.items(1), '1 Eintrag')
  assert.equal(texts.t.library.items(0), '0 Einträge')
  assert.equal(texts.t.listening.speedOf(1.25), '1,25×')
  assert.equal(formatBytes(1_500_000), `1,4${NO_BREAK_SPACE}MB`)
  assert.equal(formatDuration(3_900_000), `1${NO_BREAK_SPACE}Std. 5${NO_BREAK_SPACE}Min.`)
  assert.equal(texts.languageName('en'), 'Englisch')
  await loadIn('en')
  assert.equal(texts.t.library.items(2000), '2,000 items')
  assert.equal(formatBytes(512), `0.5${NO_BREAK_SPACE}kB`)
  assert.equal(formatBytes(7), `0.1${NO_BREAK_SPACE}kB`)
  assert.equal(formatBytes(0), `0${NO_BREAK_SPACE}kB`)
  assert.equal(formatDuration(7_200_000), `2${NO_BREAK_SPACE}hr`)
  assert.equal(texts.languageName('de'), 'German')
  assert.equal(texts.languageName('no language'), 'no language')
})

test('every audit action and actor of the API has a text', async () => {
  await loadIn('en')
  const values = (path, name) => {
    const source = readFileSync(new URL(`../../chalicelib/${path}`, import.meta.url), 'utf8')
    const [body] = source.split(`class ${name}(StrEnum):`)[1].split('\n\n\n')
    return [...body.matchAll(/^ {4}[A-Z_]+ = "([^"]+)"/gm)].map(([, value]) => value)
  }
  assert.deepEqual(values('audit/model.py', 'Action'), Object.keys(texts.t.account.actions))
  assert.deepEqual(values('platform/caller.py', 'Actor'), Object.keys(texts.t.account.actors))
})

test('every reason of a failed import has a sentence', async () => {
  await loadIn('en')
  const read = (path) => readFileSync(new URL(`../../chalicelib/${path}`, import.meta.url), 'utf8')
  const downloads = [...read('platform/outbound/errors.py').matchAll(/^ {4}[A-Z_]+ = "([^"]+)"/gm)]
  const imports = ['imports/fetch.py', 'imports/article.py'].flatMap((path) => [
    ...read(path).matchAll(/ImportFailedError\(\s*"([a-z_]+)"/g),
  ])
  const reasons = new Set([...downloads, ...imports].map(([, reason]) => reason))
  assert.deepEqual([...reasons].sort(), Object.keys(texts.t.importFailures).sort())
})
