import { callOrQueue } from '../offline/queuedCall'
import { type Annotation, type Changes, type Draft, fromDraft } from './model'

// Without a network, a change waits on this device, and the stored list already has it.

export const PAGE_SIZE = 100 // the API's maximum

type Stored = { items: Annotation[] }

const listUpdate = (mediaId: string, change: (items: Annotation[]) => Annotation[]) => [
  {
    path: `/v1/media/${mediaId}/annotations?limit=${PAGE_SIZE}`,
    change: (stored: Stored) => ({ ...stored, items: change(stored.items) }),
  },
]

/** Create an annotation. The id is made here, so that the same annotation is created once however often it is sent. Throws Problem. */
export function createAnnotation(mediaId: string, id: string, draft: Draft): Promise<Annotation> {
  const given = Object.entries({ ...draft, id }).filter(([, value]) => value !== null && value !== undefined)
  const local = fromDraft(draft, id, mediaId, new Date())
  const path = `/v1/media/${mediaId}/annotations`
  const updates = listUpdate(mediaId, (items) => [...items, local])
  return callOrQueue({ method: 'POST', path, body: Object.fromEntries(given), idempotencyKey: id, updates }, local)
}

/** Change colour or note. Throws Problem. */
export function updateAnnotation(annotation: Annotation, changes: Changes): Promise<Annotation> {
  const { id, media_id } = annotation
  const changed = { ...annotation, ...changes }
  const updates = listUpdate(media_id, (items) => items.map((item) => (item.id === id ? { ...item, ...changes } : item)))
  return callOrQueue({ method: 'PATCH', path: `/v1/annotations/${id}`, body: { ...changes }, updates }, changed)
}

/** Delete an annotation. Throws Problem. */
export function deleteAnnotation({ id, media_id }: Annotation): Promise<void> {
  const updates = listUpdate(media_id, (items) => items.filter((item) => item.id !== id))
  return callOrQueue<void>({ method: 'DELETE', path: `/v1/annotations/${id}`, updates }, undefined)
}
