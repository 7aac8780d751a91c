import { signal } from '@preact/signals'
import { call } from '../api/client'
import type { Media } from '../library/model'
import { reportErrors, toast } from '../parts/toasts'
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

/** Open the dialog for what another app shared (`share_target` of the manifest), and remove it from the page's address. */
export function takeShared(): void {
  const shared = new URLSearchParams(location.search)
  const values = ['url', 'text', 'title'].map((name) => shared.get(name)?.trim() ?? '')
  const [url = '', text = '', title = ''] = values
  const hasFiles = shared.has('files')
  if (!hasFiles && !values.some(Boolean)) return
  history.replaceState(null, '', location.pathname + location.hash)
  const address = addressIn(url) || addressIn(text) || (text.match(/https?:\/\/\S+$/i)?.[0] ?? '')
  if (hasFiles) void reportErrors(openReceivedFiles)
  else if (address) openImportDialog('url', address)
  else openImportDialog('text', text || title, text ? title : '')
}

/** Ask before files are added: a page of another site can send some, too. */
async function openReceivedFiles(): Promise<void> {
  const files = await takeReceivedFiles()
  if (files.length) importDialog.value = { kind: 'files', files }
  else toast(t.upload.notReceived, { isError: true })
}

/** Take the files that the service worker received. */
async function takeReceivedFiles(): Promise<File[]> {
  const cache = await caches.open(RECEIVED)
  const files = await Promise.all(
    (await cache.keys()).map(async (request) => {
      const content = await (await cache.match(request))?.blob()
      const name = decodeURIComponent(request.url.split('/').pop() ?? '')
      return content ? [new File([content], name, { type: content.type })] : []
    }),
  )
  await caches.delete(RECEIVED)
  return files.flat()
}
