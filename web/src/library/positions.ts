import { effect, signal } from '@preact/signals'
import { isSignedIn } from '../api/session'
import { isShared } from '../api/share'
import { callOrQueue } from '../offline/queuedCall'
import type { Media, Position } from './model'
import { addsToLists } from './pagedList'
import { keepSharedPlace, sharedPlaceOf } from './sharedPlaces'

/** A place in a media: in its text, on a page, or at a time. */
export type Place = { text_offset: number } | { page: number; zoom?: number } | { time_ms: number }

interface OwnPosition extends Position {
  /** True until the API has returned it: how much of the text is before it is not known. */
  isOnlySent: boolean
}

/** Positions of this page, by media: what was loaded before, or is loaded while they are on their way, does not have them yet. */
const own = signal<ReadonlyMap<string, OwnPosition>>(new Map())
const setOwn = (mediaId: string, position: Position, isOnlySent: boolean) => {
  own.value = new Map(own.peek()).set(mediaId, { ...position, isOnlySent })
}

effect(() => {
  if (!isSignedIn.value) own.value = new Map() // the next user must not see them
})

/** Save where the reader was at a time: in their account, or on this device if they read a share. The latest place counts, whatever the clocks of devices say. Throws Problem. */
export async function savePosition(mediaId: string, place: Place, time: Date, isPageClosing = false): Promise<void> {
  const body = { ...place, device_time: time.toISOString() }
  const path = `/v1/media/${mediaId}`
  const local = localPosition(place, time)
  if (isShared()) {
    keepSharedPlace(mediaId, local)
    return
  }
  const updates = [{ path, change: (media: Media) => ({ ...media, position: { ...local, fraction: media.position?.fraction ?? 0 } }) }]
  const call = { method: 'PUT', path: `${path}/position`, body, replaces: `position ${mediaId}`, updates } as const
  setOwn(mediaId, local, true)
  const position = await addsToLists(callOrQueue<Position>(call, local, { keepalive: isPageClosing }))
  if (own.peek().get(mediaId)?.updated_at === local.updated_at) setOwn(mediaId, position, position === local)
}

/** The latest position of a media: of its response, or one of this page since. Of a shared media, the one that this device keeps. */
export function positionOf(media: Media): Position | null {
  if (isShared()) return sharedPlaceOf(media.id)
  const latest = own.value.get(media.id)
  if (!latest || (media.position && latest.updated_at <= media.position.updated_at)) return media.position
  return latest.isOnlySent ? { ...latest, fraction: media.position?.fraction ?? 0 } : latest
}

/** A place as the API will return it: enough to go back to it until then. */
function localPosition(place: Place, time: Date): Position {
  const nowhere = { text_offset: 0, page: null, time_ms: null, zoom: null, fraction: 0 }
  return { ...nowhere, ...place, updated_at: time.toISOString() }
}
