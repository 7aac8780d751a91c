// Addresses of places and of the steps of signing in.
import assert from 'node:assert/strict'
import { test } from 'node:test'

const listeners = {}
Object.assign(globalThis, {
  document: { documentElement: { dataset: {}, lang: 'en' } },
  localStorage: { getItem: () => null, setItem: () => undefined },
  location: { hash: '' },
  history: {
    state: null,
    replaceState(state, _, address) {
      this.state = state
      if (address) location.hash = address
    },
  },
  addEventListener: (name, listener) => {
    listeners[name] = listener
  },
})

Object.defineProperty(globalThis, 'navigator', { value: { languages: ['en'] }, configurable: true })

const { load } = await import('./loading.mjs')
const { navigate, onRouteChange, replaceAddress, route } = await load('platform/route.ts')
const { addressAfterSignIn, addressOf, stepOf, stepToShow } = await load('account/signInAddress.ts')
const { formatPercent } = await load('texts/format.ts')
const { startPlace } = await load('reader/place/readingPlace.ts')

const open = (hash, state = null) => {
  history.state = state
  location.hash = hash
  listeners.hashchange()
}

test('an address with a bad escape is one that leads nowhere', () => {
  open('#/media/%E0%A4%A')
  assert.deepEqual(route.value.parts, ['malformed-address'])
  open('#/media/a%20b?page=3')
  assert.deepEqual([route.value.parts, route.value.query.get('page')], [['media', 'a b'], '3'])
})

test('the address follows the place without showing another screen, and keeps the state of its entry', () => {
  open('#/media/1', { from: '#/library' })
  const shown = route.value
  const changes = []
  const stop = onRouteChange((former) => changes.push(former))
  replaceAddress('/media/1?page=150', { isPlace: true })
  assert.equal(location.hash, '#/media/1?page=150')
  assert.deepEqual(history.state, { from: '#/library', isPlace: true })
  assert.equal(route.value, shown)
  navigate('/library', { replace: true })
  assert.deepEqual(changes, ['#/media/1?page=150'])
  stop()
})

test('a screen looks at its place before the page is scrolled for the next one', () => {
  const order = []
  const stops = ['scrolled', 'looked'].map((name) => onRouteChange(() => order.push(name)))
  open('#/notes')
  assert.deepEqual(order, ['looked', 'scrolled'])
  for (const stop of stops) stop()
})

const position = { text_offset: 900, page: 12, zoom: 1.5, fraction: 0.4, updated_at: '2026-01-01T00:00:00Z' }
const media = (change) => ({ id: '1', position: change === null ? null : { ...position, ...change } })

test('the place of the address comes before the one of the last visit', () => {
  open('#/media/1?page=150')
  assert.deepEqual(startPlace(media({})), { textOffset: null, page: 150, zoom: 1.5, isSearchHit: false })
  open('#/media/1?at=70')
  assert.deepEqual(startPlace(media(null)), { textOffset: 70, page: null, zoom: null, isSearchHit: true })
  open('#/media/1?at=70', { isPlace: true }) // reloaded while reading
  assert.equal(startPlace(media({})).isSearchHit, false)
  for (const invalid of ['page=-1', 'page=x', 'at=1e3', 'at=', '']) {
    open(`#/media/1?${invalid}`)
    assert.deepEqual(startPlace(media({})), { textOffset: 900, page: 12, zoom: 1.5, isSearchHit: false }, invalid)
  }
})

test('at the end, the last character is shown; without a visit, the beginning', () => {
  open('#/media/1')
  assert.equal(startPlace(media({ fraction: 1 })).textOffset, 899)
  assert.deepEqual(startPlace(media(null)), { textOffset: null, page: null, zoom: null, isSearchHit: false })
})

test('a part that is read is neither nothing nor everything', () => {
  assert.deepEqual([0.0001, 0.425, 0.999].map(formatPercent), ['1%', '42%', '99%'])
})

test('the steps of signing in keep the name and the screen that was asked for', () => {
  open('#/media/1?page=3')
  const address = addressOf('confirm', 'dora', route.value)
  open(`#${address}`)
  assert.equal(stepOf(route.value), 'confirm')
  assert.equal(route.value.query.get('user'), 'dora')
  open(`#${addressOf('signIn', 'dora', route.value)}`)
  assert.deepEqual([stepOf(route.value), route.value.query.get('user')], ['signIn', null])
  assert.equal(addressAfterSignIn(route.value), '/media/1?page=3')
  open('#/sign-in?next=https://example.com')
  assert.equal(addressAfterSignIn(route.value), '/library')
  open('#/library')
  assert.equal(stepOf(route.value), null)
  assert.equal(stepToShow(route.value, false), 'signIn')
})

test('a new password is asked for only while it continues a sign-in', () => {
  open(`#${addressOf('newPassword', 'dora', route.value)}`)
  assert.equal(route.value.query.get('user'), 'dora')
  assert.deepEqual([stepToShow(route.value, true), stepToShow(route.value, false)], ['newPassword', 'signIn'])
})
