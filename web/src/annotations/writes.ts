import { call } from '../api/client'
import type { Annotation, Changes, Draft } from './model'

/** Create an annotation. The id is made here, so that the same annotation is created once however often it is sent. Throws Problem. */
export function createAnnotation(mediaId: string, id: string, draft: Draft): Promise<Annotation> {
  const given = Object.entries({ ...draft, id }).filter(([, value]) => value !== null && value !== undefined)
  return call<Annotation>('POST', `/v1/media/${mediaId}/annotations`, { body: Object.fromEntries(given), idempotencyKey: id })
}

/** Change colour or note. Throws Problem. */
export function updateAnnotation(id: string, changes: Changes): Promise<Annotation> {
  return call<Annotation>('PATCH', `/v1/annotations/${id}`, { body: changes })
}

/** Delete an annotation. Throws Problem. */
export function deleteAnnotation(id: string): Promise<void> {
  return call('DELETE', `/v1/annotations/${id}`)
}
