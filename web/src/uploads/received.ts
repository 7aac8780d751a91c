import { toast } from '../parts/toasts'
import { RECEIVED } from '../platform/deviceStore'
import { t } from '../texts'
import { importDialog, openImportDialog } from './importDialog'
import { addressIn } from './webAddress'

/** Open the dialog for what another app shared: the service worker has stored it. A page of another site can send something, too. */
export async function openReceived(): Promise<void> {
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
