import { effect, signal } from '@preact/signals'
import { call, type Page, patch } from '../api/client'
import { Problem } from '../api/problem'
import { isSignedIn } from '../api/session'
import type { Media } from '../library/model'
import { isPlayable } from '../library/playActions'
import { reportErrors, toast } from '../parts/toasts'
import type { Playback } from '../playing/model'
import { isQueueOpen, nowPlaying } from '../playing/nowPlaying'
import { announceStart } from '../playing/starting'
import { t } from '../texts'
import { preparePlayback, type QueuedMedia } from './preparePlayback'

const PATH = '/v1/account/queue'
const MAX_ITEMS = 1000 // of the API

interface PlayQueue {
  media: QueuedMedia[]
}

/** The media that play after the one that plays; null until they are loaded. */
export const queue = signal<QueuedMedia[] | null>(null)

let changing: Promise<unknown> = Promise.resolve()

export async function loadQueue(): Promise<void> {
  queue.value = (await call<PlayQueue>('GET', PATH)).media
}

/** Change the queue, also while other devices change it; changes are made one after the other. Throws Problem. */
export function changeQueue(change: (ids: string[]) => string[]): Promise<void> {
  const changed = changing
    .catch(() => undefined)
    .then(async () => {
      const next = (current: PlayQueue) => {
        const ids = change(current.media.map(({ id }) => id))
        if (ids.length > MAX_ITEMS) throw new Problem(409, 'limit_reached', t.queue.full(MAX_ITEMS))
        return { media_ids: ids }
      }
      queue.value = (await patch<PlayQueue>(PATH, next, 'PUT')).media
    })
  changing = changed
  return changed
}

const without = (ids: readonly string[], removed: readonly string[]) => ids.filter((id) => !removed.includes(id))

export const removeFromQueue = (id: string): Promise<void> => changeQueue((ids) => without(ids, [id]))

/** Move a media to a position in the list, which shows it at once. It stays before the one that follows, whatever else changes. */
export function moveInQueue(id: string, position: number): Promise<void> {
  const items = queue.peek() ?? []
  const moved = items.find((item) => item.id === id)
  const others = items.filter((item) => item !== moved)
  const next = others[position]?.id
  if (moved) queue.value = others.toSpliced(position, 0, moved)
  return changeQueue((ids) => {
    const rest = without(ids, [id])
    const index = next === undefined ? -1 : rest.indexOf(next)
    return rest.toSpliced(index < 0 ? rest.length : index, 0, id)
  })
}

const openQueue = () => ({
  label: t.queue.title,
  onSelect: () => {
    isQueueOpen.value = true
  },
})

export const playNext = (media: readonly Media[]): Promise<void> =>
  reportErrors(async () => {
    const ids = media.filter(isPlayable).map(({ id }) => id)
    if (!ids.length) toast(t.queue.nothingToPlay, { isNotice: true })
    else {
      await changeQueue((queued) => [...ids, ...without(queued, ids)])
      toast(t.queue.addedNext(ids.length), { action: openQueue() })
    }
  })

export const addToQueue = (media: readonly Media[]): Promise<void> =>
  reportErrors(async () => {
    const ids = media.filter(isPlayable).map(({ id }) => id)
    if (!ids.length) toast(t.queue.nothingToPlay, { isNotice: true })
    else {
      await changeQueue((queued) => [...without(queued, ids), ...ids])
      toast(t.queue.added(ids.length), { action: openQueue() })
    }
  })

/** Play the media of a collection, in its order; what was queued before follows. */
export const playCollection = (collectionId: string): Promise<void> =>
  reportErrors(async () => {
    const isWanted = announceStart()
    const ids: string[] = []
    let cursor: string | null = null
    do {
      const page: Page<Media> = await call('GET', `/v1/collections/${collectionId}/media`, { query: { limit: 100, cursor } })
      ids.push(...page.items.filter(isPlayable).map(({ id }) => id))
      cursor = page.next_cursor
    } while (cursor && ids.length < MAX_ITEMS)
    if (!ids.length) {
      toast(t.queue.nothingToPlay, { isNotice: true })
      return
    }
    await changeQueue((queued) => [...ids, ...without(queued, ids)].slice(0, MAX_ITEMS))
    if (isWanted()) await advance(null)
  })

/** Play a queued media now; the ones before it stay in the queue. */
export const playQueued = (item: QueuedMedia): Promise<void> =>
  reportErrors(async () => {
    const isWanted = announceStart()
    const start = await preparePlayback(item, null)
    if (isWanted()) await takeFromQueue(item, start)
  })

/** Start a media, unless it cannot be played, and remove it from the queue: what is not started stays there. */
async function takeFromQueue(item: QueuedMedia, start: (() => void) | null): Promise<void> {
  start?.()
  await removeFromQueue(item.id)
}

/** Play the first media of the queue that can be played, after another one has ended. */
export const advance = (ended: Playback | null): Promise<void> =>
  reportErrors(async () => {
    if (ended && nowPlaying.peek() !== ended) return
    const isWanted = announceStart()
    await changing.catch(() => undefined) // what has just ended may not be removed yet
    await loadQueue()
    for (let next = queue.peek()?.[0]; next; next = queue.peek()?.[0]) {
      const start = await preparePlayback(next, ended)
      if (!isWanted()) return
      await takeFromQueue(next, start)
      if (start) return
    }
  })

effect(() => {
  if (isSignedIn.value) return
  queue.value = null // the next user must not see it
  isQueueOpen.value = false
})
