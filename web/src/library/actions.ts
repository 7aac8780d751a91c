import { call, patch } from '../api/client'
import { errorMessage } from '../api/problem'
import { displayName } from '../parts/displayName'
import { reportErrors, toast } from '../parts/toasts'
import { t } from '../texts'
import { account, loadAccount, loadCollections } from './account'
import type { Collection, Media, SignedUrl } from './model'
import { invalidateLibrary } from './pagedList'

const LOOK_INTERVAL_MS = 1_500
const MAX_LOOKS = 20 // then the page shows what is left when it is loaded again
const MAX_CONCURRENT_REQUESTS = 6 // the browsers' limit of HTTP/1.1 connections to one host

/** Run an action for each media and return the media for which it succeeded. Failures are shown and change nothing else. */
async function forEachMedia(media: Media[], action: (item: Media) => Promise<unknown>): Promise<Media[]> {
  const pending = [...media]
  const succeeded: Media[] = []
  let failedCount = 0
  let reason = ''
  const worker = async () => {
    for (let item = pending.shift(); item; item = pending.shift()) {
      try {
        await action(item)
        succeeded.push(item)
      } catch (error) {
        failedCount++
        reason = errorMessage(error)
      }
    }
  }
  await Promise.all(Array.from({ length: MAX_CONCURRENT_REQUESTS }, worker))
  if (failedCount) toast(t.library.someFailed(failedCount, reason), { isError: true })
  loadAccount().catch(() => undefined)
  invalidateLibrary()
  return succeeded
}

export async function moveToTrash(media: Media[]): Promise<void> {
  const moved = await forEachMedia(media, (item) => call('DELETE', `/v1/media/${item.id}`))
  if (moved.length) toast(t.library.movedToTrash(moved.length), { action: { label: t.undo, onSelect: () => void restore(moved) } })
}

export async function restore(media: Media[]): Promise<void> {
  const restored = await forEachMedia(media, (item) => call('POST', `/v1/media/${item.id}/restore`))
  if (restored.length) toast(t.library.restored(restored.length))
}

export async function deletePermanently(media: Media[]): Promise<void> {
  const deleted = await forEachMedia(media, (item) => call('DELETE', `/v1/media/${item.id}`, { query: { permanent: true } }))
  if (deleted.length) toast(t.library.deletedPermanently(deleted.length))
}

/** Cancel uploads that have not arrived, and imports that are fetched. */
export async function cancelUpload(media: Media[]): Promise<void> {
  await forEachMedia(media, (item) => call('DELETE', `/v1/uploads/${item.id}`))
}

/** Empty the trash, and follow what the server deletes until nothing is left of it. */
export async function emptyTrash(): Promise<void> {
  await reportErrors(async () => {
    const { items } = await call<{ items: number }>('DELETE', '/v1/trash')
    toast(t.library.emptyingTrash(items))
    for (let look = 0; look < MAX_LOOKS; look++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS))
      await loadAccount()
      invalidateLibrary()
      if (!account.peek()?.usage.media.trashed) break
    }
  })
}

export async function addTags(media: Media[], tags: string[]): Promise<void> {
  const tagged = await forEachMedia(media, (item) =>
    patch<Media>(`/v1/media/${item.id}`, (current) => ({ tags: [...new Set([...current.tags, ...tags])] })),
  )
  if (tagged.length) toast(t.library.tagged(tagged.length))
}

/** Replace the tags of one media, as `change` computes them from the current ones. */
export async function saveTags(media: Media, change: (current: Media) => object): Promise<void> {
  await updateMedia(media, change)
  toast(t.library.tagsSaved(displayName(media.title)))
}

export async function updateMedia(media: Media, change: (current: Media) => object): Promise<Media> {
  const updated = await patch<Media>(`/v1/media/${media.id}`, change)
  invalidateLibrary()
  return updated
}

export async function addToCollection(collection: Collection, media: Media[]): Promise<void> {
  await runAndReload(async () => {
    await call('POST', `/v1/collections/${collection.id}/media`, { body: { media_ids: media.map((item) => item.id) } })
    toast(t.library.addedToCollection(media.length, displayName(collection.name)))
  })
}

export async function removeFromCollection(collectionId: string, media: Media[]): Promise<void> {
  await runAndReload(() =>
    call('POST', `/v1/collections/${collectionId}/media/remove`, { body: { media_ids: media.map((item) => item.id) } }),
  )
}

export async function moveInCollection(collectionId: string, mediaId: string, position: number): Promise<void> {
  await call('PUT', `/v1/collections/${collectionId}/media/${mediaId}`, { body: { position } })
}

export async function download(media: Media): Promise<void> {
  await reportErrors(async () => {
    const signed = await call<SignedUrl>('GET', `/v1/media/${media.id}/url`, { query: { disposition: 'attachment' } })
    saveFile(signed.url)
  })
}

/** Start the browser's download of a URL that is served as an attachment. */
export function saveFile(url: string, name = ''): void {
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
}

/** Run an action and reload what it changed; errors are shown. */
async function runAndReload(action: () => Promise<unknown>): Promise<void> {
  await reportErrors(async () => {
    await action()
    await loadCollections()
    invalidateLibrary()
  })
}
