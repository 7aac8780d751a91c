// What the page says, in every language.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { load } from './loading.mjs'

// As much of a browser as the texts ask for.
globalThis.document = { documentElement: { dataset: {}, lang: '' } }
globalThis.localStorage = { getItem: () => null, setItem: () => undefined }
const speaking = (...languages) => Object.defineProperty(globalThis, 'navigator', { value: { languages }, configurable: true })
speaking('en')

const texts = await load('texts/index.ts')
const { language } = await load('platform/preferences.ts')
const { bytes, length } = await load('texts/format.ts')
const NUMBERS = [12, 34, 56]
const NO_BREAK = '\u00a0'

/** Names, and words that are the same in German. */
const SHARED = new Set(['Visionary', 'Name', 'Filter', 'Text', 'Sepia', 'Literata', 'Atkinson Hyperlegible', 'OpenDyslexic'])

/** Every text with the way to it; functions are asked with numbers, which stand for names as well. */
function* all(text, path = '') {
  if (typeof text === 'string') yield [path, text]
  else if (typeof text === 'function') yield [`${path}()`, text(...NUMBERS.slice(0, text.length))]
  else for (const [name, inner] of Object.entries(text)) yield* all(inner, path ? `${path}.${name}` : name)
}

async function inLanguage(tag) {
  speaking(tag)
  await texts.loadTexts()
  return Object.fromEntries(all(texts.t))
}

test('every language says everything, and each in its own words', async () => {
  const english = await inLanguage('en')
  for (const tag of Object.keys(texts.LANGUAGES).filter((one) => one !== 'en')) {
    const own = await inLanguage(tag)
    assert.deepEqual(Object.keys(own).sort(), Object.keys(english).sort(), tag)
    for (const [path, text] of Object.entries(own)) {
      assert.ok(text.trim(), `${tag} ${path} is empty`)
      assert.ok(text !== english[path] || SHARED.has(text) || /^\W*(\d+\W*)+$/.test(text), `${tag} ${path} is English: ${text}`)
      const numbers = (one) => NUMBERS.filter((number) => one.includes(String(number)))
      assert.deepEqual(numbers(text), numbers(english[path]), `${tag} ${path} tells something else: ${text}`)
    }
  }
})

test('the language is the one chosen, else the first of the browser that there is; the document says which', async () => {
  const shown = async () => {
    await texts.loadTexts()
    return [document.documentElement.lang, texts.t.session.signIn]
  }
  speaking('fr-FR', 'de-AT', 'en')
  assert.deepEqual(await shown(), ['de', 'Anmelden'])
  language.value = 'en'
  assert.deepEqual(await shown(), ['en', 'Sign in'])
  language.value = ''
  speaking('fr-FR')
  assert.deepEqual(await shown(), ['en', 'Sign in'])
})

test('numbers, plurals, units and languages are those of the language', async () => {
  await inLanguage('de-AT')
  assert.equal(texts.t.library.items(1), '1 Eintrag')
  assert.equal(texts.t.library.items(0), '0 Einträge')
  assert.equal(texts.t.listening.speedOf(1.25), '1,25×')
  assert.equal(bytes(1_500_000), `1,4${NO_BREAK}MB`)
  assert.equal(length(3_900_000), `1${NO_BREAK}Std. 5${NO_BREAK}Min.`)
  assert.equal(texts.languageName('en'), 'Englisch')
  await inLanguage('en')
  assert.equal(texts.t.library.items(2000), '2,000 items')
  assert.equal(bytes(512), `0.5${NO_BREAK}kB`)
  assert.equal(bytes(7), `0.1${NO_BREAK}kB`)
  assert.equal(bytes(0), `0${NO_BREAK}kB`)
  assert.equal(length(7_200_000), `2${NO_BREAK}hr`)
  assert.equal(texts.languageName('de'), 'German')
  assert.equal(texts.languageName('no language'), 'no language')
})

test('every step of the trail, and everybody who takes one, has a name', async () => {
  await inLanguage('en')
  const values = (path, name) => {
    const source = readFileSync(new URL(`../../chalicelib/${path}`, import.meta.url), 'utf8')
    const [body] = source.split(`class ${name}(StrEnum):`)[1].split('\n\n\n')
    return [...body.matchAll(/^ {4}[A-Z_]+ = "(.+)"$/gm)].map(([, value]) => value)
  }
  assert.deepEqual(values('audit/model.py', 'Action'), Object.keys(texts.t.account.actions))
  assert.deepEqual(values('platform/caller.py', 'Actor'), Object.keys(texts.t.account.actors))
})
