// What was pasted is an address, or a text.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './loading.mjs'

test('an address is one that is alone and complete', async () => {
  const { addressIn, withScheme } = await load('uploads/webAddress.ts')
  assert.equal(addressIn(' https://example.com/a?b=c#d\n'), 'https://example.com/a?b=c#d')
  for (const text of [
    'example.com',
    'See https://example.com/',
    'https://example.com/ and more',
    'ftp://example.com/',
    'javascript:alert(1)',
    'https://',
  ])
    assert.equal(addressIn(text), '', text)
  assert.equal(withScheme(' example.com/a '), 'https://example.com/a')
  assert.equal(withScheme('http://example.com/'), 'http://example.com/')
  assert.equal(withScheme('example.com:80/a'), 'https://example.com:80/a')
})
