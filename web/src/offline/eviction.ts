import { call } from '../api/client'
import { Problem } from '../api/problem'
import { displayName } from '../parts/displayName'
import { reportErrors, toast } from '../parts/toasts'
import { ANSWERS, OBJECTS } from '../platform/deviceStore'
import { keptMedia, recordKept } from '../platform/keptMedia'
import { t } from '../texts'
import { type KeepableMedia, keep, lockOf, remove } from './keep'

/** Say so when the browser has removed what was kept, which it may do when the disk is full, and offer to keep it again. */
export async function reportEviction(): Promise<void> {
  const stored = new Set(await caches.keys())
  const busy = new Set((await navigator.locks.query()).held?.map(({ name }) => name))
  const evicted: string[] = []
  for (const entry of Object.values(keptMedia.peek())) {
    const { id, isComplete, isEvicted } = entry
    if (isEvicted || busy.has(lockOf(id))) continue
    if (isComplete && stored.has(ANSWERS) && stored.has(OBJECTS + id)) continue
    await remove(id)
    if (!isComplete) continue // the page was closed while it was being stored
    recordKept(id, { ...entry, sizeBytes: 0, isEvicted: true })
    evicted.push(id)
  }
  if (!evicted.length) return
  const titles = evicted.map((id) => displayName(keptMedia.peek()[id]?.title ?? '')).join(', ')
  const keepThem = async () => {
    for (const id of evicted) await keepAgain(id)
  }
  toast(t.device.evicted(titles), {
    isError: true,
    action: { label: t.device.keepAgain, onSelect: () => void reportErrors(keepThem) },
  })
}

/** Keep a document again that the browser has removed; one that was deleted elsewhere meanwhile is forgotten. Throws Problem. */
export async function keepAgain(id: string): Promise<void> {
  try {
    await keep(await call<KeepableMedia>('GET', `/v1/media/${id}`))
  } catch (error) {
    if (error instanceof Problem && error.status === 404) await remove(id)
    else throw error
  }
}
