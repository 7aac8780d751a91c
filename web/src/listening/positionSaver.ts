import { callOrQueue } from '../offline/queuedCall'

const MIN_MOVE_MS = 250 // browsers do not land exactly where they were sent

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
    const path = `/v1/speech/${jobId}/position`
    const body = { position_ms: ms, device_time: new Date().toISOString() }
    const updates = [{ path, change: (stored: object) => ({ ...stored, position_ms: ms }) }]
    callOrQueue({ method: 'PUT', path, body, replaces: path, updates }, {}, { keepalive: isPageClosing }).catch(() => {
      this.savedMs = -1 // the next save tries again
    })
  }
}
