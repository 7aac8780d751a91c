// Values that earlier versions of the page stored in the browser are still read: keys and shapes must not change.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './loading.mjs'

const stored = new Map(
  Object.entries({
    'visionary.theme': '"dark"',
    'visionary.language': '"de"',
    'visionary.session': '{"user":"dora","refreshToken":"a-refresh-token"}',
    'visionary.shape': '"list"',
    'visionary.sort': '"title"',
    'visionary.voice': '"polly:Amy"',
    'visionary.skippedWhilePlaying': '{"table":true}',
    'visionary.rate': '1.25',
    'visionary.showsRemainingTime': 'true',
    'visionary.recordings': '{"a-media-id":"a-job-id"}',
    'visionary.view': '"text"',
    'visionary.sharedPositions': '{"a-job-id":1200}',
    'visionary.reading': '{"size":24,"line":1.8,"width":30,"font":"dyslexic","paper":"sepia"}',
  }),
)

/** A fake IndexedDB with one existing database and only the methods that the page calls. */
function fakeIndexedDb(name, version, records) {
  const succeed = (result) => {
    const request = { result }
    queueMicrotask(() => request.onsuccess())
    return request
  }
  const objectStore = (store) => {
    assert.equal(store, 'uploads')
    return {
      put: (record) => succeed(records.set(record.id, record)),
      delete: (id) => succeed(records.delete(id)),
      getAll: () => succeed([...records.values()]),
    }
  }
  return {
    open(...parameters) {
      assert.deepEqual(parameters, [name, version])
      return succeed({ transaction: () => ({ objectStore }), close: () => undefined })
    },
  }
}

Object.assign(globalThis, {
  document: { documentElement: { dataset: {}, lang: '' } },
  location: { hash: '' },
  history: { scrollRestoration: 'auto', state: null },
  addEventListener: () => undefined,
  localStorage: { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value) },
})

test('settings in localStorage are read and written under their keys', async () => {
  const before = new Map(stored)
  const { theme, language } = await load('platform/preferences.ts')
  const { isSignedIn, user } = await load('api/session.ts')
  const { layout, sort } = await load('library/filters.tsx')
  const { playbackRate } = await load('playing/audioPlayer.ts')
  const { readingSettings } = await load('reader/ReadingSettings.tsx')
  await load('listening/ListenDialog.tsx')
  const { isSkippedWhilePlaying, lastVoice } = await load('listening/preferences.ts')
  await load('reader/MediaReader.tsx')
  assert.deepEqual([theme.value, language.value], ['dark', 'de'])
  assert.deepEqual([user.value, isSignedIn.value], ['dora', true])
  assert.deepEqual([layout.value, sort.value, playbackRate.value], ['list', 'title', 1.25])
  const reading = { size: 24, line: 1.8, letter: 0, word: 0, width: 30, font: 'dyslexic', paper: 'sepia', guide: 'off' }
  assert.deepEqual(readingSettings.value, reading)
  assert.deepEqual([lastVoice.value, isSkippedWhilePlaying('table'), isSkippedWhilePlaying('code')], ['polly:Amy', true, false])
  assert.deepEqual(stored, before, 'no other key is written, and no value is changed')
  layout.value = 'grid'
  assert.equal(stored.get('visionary.shape'), '"grid"')
})

test('what cannot be read at the moment is not replaced', async () => {
  const { persistedSignal } = await load('platform/preferences.ts')
  const { getItem } = localStorage
  localStorage.getItem = () => {
    throw new DOMException('The operation is insecure.', 'SecurityError')
  }
  const session = persistedSignal('session', { user: '', refreshToken: '' })
  localStorage.getItem = getItem
  assert.equal(session.value.user, '')
  assert.match(stored.get('visionary.session'), /dora/)
})

test('unfinished uploads in IndexedDB are read, for their owner only', async () => {
  const upload = { id: 'one', file: new File(['text'], 'letter.txt'), mediaId: null, owner: 'dora' }
  const records = new Map([
    ['one', upload],
    ['two', { ...upload, id: 'two', owner: 'edith' }],
  ])
  globalThis.indexedDB = fakeIndexedDb('visionary-uploads', 1, records)
  const resumableUploads = await load('uploads/resumableUploads.ts')
  assert.deepEqual(await resumableUploads.list('dora'), [upload])
  await resumableUploads.save({ ...upload, mediaId: 'a-media-id' })
  assert.deepEqual((await resumableUploads.list('dora'))[0].mediaId, 'a-media-id')
  await resumableUploads.remove('one')
  assert.deepEqual(await resumableUploads.list('dora'), [])
})
