import { call } from '../api/client'
import type { Media } from '../library/model'
import { addFiles, trackImport } from './uploads'
import { withScheme } from './webAddress'

const MAX_TEXT_CHARACTERS = 60_000 // of a request, even if each takes four bytes; a longer text is uploaded as a file
const MAX_NAME_CHARACTERS = 80

export async function importAddress(address: string, idempotencyKey: string): Promise<void> {
  const url = withScheme(address)
  const media = await call<Media>('POST', '/v1/imports', { body: { url }, idempotencyKey })
  trackImport(media, url.replace(/^https?:\/\//i, '').slice(0, MAX_NAME_CHARACTERS))
}

export async function importText(text: string, title: string, idempotencyKey: string): Promise<void> {
  const name = title.trim()
  if (text.length > MAX_TEXT_CHARACTERS) {
    const firstLine = text.trim().split('\n', 1)[0] ?? ''
    const filename = (name || firstLine).replace(/[\\/:*?"<>|\p{Cc}]/gu, ' ').slice(0, MAX_NAME_CHARACTERS)
    addFiles([new File([text], `${filename.trim()}.txt`, { type: 'text/plain' })])
    return
  }
  const media = await call<Media>('POST', '/v1/imports', { body: { text, ...(name ? { title: name } : {}) }, idempotencyKey })
  trackImport(media, media.title)
}
