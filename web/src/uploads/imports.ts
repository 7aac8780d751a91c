import { signal } from '@preact/signals'
import { call } from '../api/client'
import type { Media } from '../library/model'
import { toast } from '../parts/toasts'
import { RECEIVED } from '../platform/deviceStore'
import { t } from '../texts'
import { addFiles, trackImport } from './uploads'
import { addressIn, withScheme } from './webAddress'

const MAX_TEXT_CHARACTERS = 60_000 // of a request, even if each takes four bytes; a longer text is uploaded as a file
const MAX_NAME_CHARACTERS = 80

/** A dialog that imports, with what was pasted or shared. */
export type ImportDialog = { kind: 'url' | 'text'; value: string; title: string } | { kind: 'files'; files: File[] }

export const importDialog = signal<ImportDialog | null>(null)

export function openImportDialog(kind: 'url' | 'text', value = '', title = ''): void {
  importDialog.value = { kind, value, title }
}

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

/** Open the dialog for what another app shared: the service worker has stored it. A page of another site can send something, too. */
export async function openReceived(): Promise<void> {
  if (!new URLSearchParams(location.search).has('received')) return
  history.replaceState(null, '', location.pathname + location.hash)
  const cache = await caches.open(RECEIVED)
  const texts: { url: string; text: string; title: string } | undefined = await (await cache.match('share-target/texts'))?.json()
  const files = await receivedFiles(cache)
  await caches.delete(RECEIVED)
  if (files.length) importDialog.value = { kind: 'files', files }
  else if (!texts) toast(t.upload.notReceived, { isError: true })
  else openTextDialog(texts.url.trim(), texts.text.trim(), texts.title.trim())
}

async function receivedFiles(cache: Cache): Promise<File[]> {
  const files: File[] = []
  for (const request of await cache.keys()) {
    const [, name] = request.url.match(/\/files\/\d+\/(.*)$/) ?? []
    const content = await (await cache.match(request))?.blob()
    if (name && content) files.push(new File([content], decodeURIComponent(name), { type: content.type }))
  }
  return files
}

function openTextDialog(url: string, text: string, title: string): void {
  const address = addressIn(url) || addressIn(text) || (text.match(/https?:\/\/\S+$/i)?.[0] ?? '')
  if (address) openImportDialog('url', address)
  else if (text || title) openImportDialog('text', text || title, text ? title : '')
}
