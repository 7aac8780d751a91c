import type { Signal } from '@preact/signals'
import { call } from '../api/client'
import { isShared } from '../api/share'
import { addsToLists } from '../library/pagedList'
import { callOrQueue } from '../offline/queuedCall'
import { persistedSignal } from '../platform/preferences'

const MIN_MOVE_MS = 250 // browsers do not land exactly where they were sent

/** Where readers of shares were, in milliseconds by recording: they have no account that keeps it. */
const sharedPositions = () => {
  positions ??= persistedSignal<Record<string, number>>('sharedPositions', {})
  return positions
}
let positions: Signal<Record<string, number>> | null = null

/** Load the saved position of a recording; null without one. */
export async function loadPosition(jobId: string): Promise<number | null> {
  if (isShared()) return sharedPositions().peek()[jobId] ?? null
  const saved = await call<{ position_ms: number | null }>('GET', `/v1/speech/${jobId}/position`).catch(() => null)
  return saved?.position_ms ?? null
}

/** Saves listening positions, each once. */
export class PositionSaver {
  private savedMs = -1

  /** Do not save a position that was only loaded: where the text has been read meanwhile is newer. */
  onLoaded(ms: number): void {
    this.savedMs = ms
  }

  save(jobId: string, ms: number, isPageClosing: boolean): void {
    if (Math.abs(ms - this.savedMs) < MIN_MOVE_MS) return
    this.savedMs = ms
    if (isShared()) {
      sharedPositions().value = { ...sharedPositions().peek(), [jobId]: ms }
      return
    }
    const path = `/v1/speech/${jobId}/position`
    const body = { position_ms: ms, device_time: new Date().toISOString() }
    const updates = [{ path, change: (stored: object) => ({ ...stored, position_ms: ms }) }]
    const request = callOrQueue({ method: 'PUT', path, body, replaces: path, updates }, {}, { keepalive: isPageClosing })
    addsToLists(request).catch(() => {
      this.savedMs = -1 // the next save tries again
    })
  }
}
