import { call } from '../api/client'
import { sentence } from '../api/problem'
import { tell } from '../parts/toasts'
import { t } from '../texts'
import { loadAccount, loadCollections } from './account'
import type { Collection, Media, SignedUrl } from './model'
import { changed } from './pagedList'

const AT_ONCE = 6 // what a browser sends to one host over HTTP/1.1

/** Do something to each; what fails is told, the rest stays done. */
async function each(media: Media[], work: (one: Media) => Promise<unknown>): Promise<Media[]> {
  const waiting = [...media]
  const done: Media[] = []
  let failed = 0
  let why = ''
  const worker = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      try {
        await work(one)
        done.push(one)
      } catch (error) {
        failed++
        why = sentence(error)
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  if (failed) tell(t.library.someFailed(failed, why), { isError: true })
  loadAccount().catch(() => undefined)
  changed()
  return done
}

export async function throwAway(media: Media[]): Promise<void> {
  const done = await each(media, (one) => call('DELETE', `/v1/media/${one.id}`))
  if (done.length) tell(t.library.thrownAway(done.length), { action: { label: t.undo, onChoose: () => void restore(done) } })
}

export async function restore(media: Media[]): Promise<void> {
  const done = await each(media, (one) => call('POST', `/v1/media/${one.id}/restore`))
  if (done.length) tell(t.library.restored(done.length))
}

export async function purge(media: Media[]): Promise<void> {
  const done = await each(media, (one) => call('DELETE', `/v1/media/${one.id}`, { query: { permanent: true } }))
  if (done.length) tell(t.library.purged(done.length))
}

export async function addTags(media: Media[], tags: string[]): Promise<void> {
  const done = await each(media, (one) => call('PATCH', `/v1/media/${one.id}`, { body: { tags: [...new Set([...one.tags, ...tags])] } }))
  if (done.length) tell(t.library.tagged(done.length))
}

export async function change(media: Media, changes: { title?: string; tags?: string[] }): Promise<Media> {
  const after = await call<Media>('PATCH', `/v1/media/${media.id}`, { body: changes })
  changed()
  return after
}

export async function putInto(collection: Collection, media: Media[]): Promise<void> {
  await shown(async () => {
    await call('POST', `/v1/collections/${collection.id}/media`, { body: { media_ids: media.map((one) => one.id) } })
    tell(t.library.added(media.length, collection.name))
  })
}

export async function takeOut(collectionId: string, media: Media[]): Promise<void> {
  await shown(() => call('POST', `/v1/collections/${collectionId}/media/remove`, { body: { media_ids: media.map((one) => one.id) } }))
}

export async function move(collectionId: string, mediaId: string, position: number): Promise<void> {
  await call('PUT', `/v1/collections/${collectionId}/media/${mediaId}`, { body: { position } })
}

export async function download(media: Media): Promise<void> {
  await shown(async () => {
    const signed = await call<SignedUrl>('GET', `/v1/media/${media.id}/url`, { query: { disposition: 'attachment' } })
    save(signed.url)
  })
}

/** Have the browser save what an address that says "attachment" leads to. */
export function save(url: string, name = ''): void {
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
}

async function shown(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
    await loadCollections()
    changed()
  } catch (error) {
    tell(sentence(error), { isError: true })
  }
}
