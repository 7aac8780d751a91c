import type { Signal } from '@preact/signals'
import { persistedSignal } from '../platform/preferences'
import type { Position } from './model'

const MAX_PLACES = 200 // ~20 KB; browsers keep 5 MB for a site

/** Where readers of shares were, by media, the latest last: they have no account that keeps it. */
let places: Signal<Record<string, Position>> | null = null
const sharedPlaces = () => {
  places ??= persistedSignal<Record<string, Position>>('sharedPlaces', {})
  return places
}

export const sharedPlaceOf = (mediaId: string): Position | null => sharedPlaces().value[mediaId] ?? null

/** Keep a place on this device, and forget those of the media that were left longest ago. */
export function keepSharedPlace(mediaId: string, position: Position): void {
  const { [mediaId]: _, ...others } = sharedPlaces().peek()
  sharedPlaces().value = Object.fromEntries([...Object.entries(others), [mediaId, position] as const].slice(-MAX_PLACES))
}
