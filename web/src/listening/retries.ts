const DELAYS_MS = [300, 2000, 5000] // a fresh URL usually helps at once; a lost connection takes longer
const RECOVERED_AFTER_MS = 2000 // played beyond the position of the error

/** How often, and when, a source is replaced that raised errors. */
export class Retries {
  private count = 0
  private errorAtMs = 0

  /** Return the delay until the next try after an error at this position, and whether it is the first; null after the last try. */
  next(positionMs: number): { delayMs: number; isFirst: boolean } | null {
    this.errorAtMs = positionMs
    const delayMs = DELAYS_MS[this.count++]
    return delayMs === undefined ? null : { delayMs, isFirst: this.count === 1 }
  }

  /** Playing on beyond the error ends its tries. */
  onPosition(ms: number): void {
    if (Math.abs(ms - this.errorAtMs) > RECOVERED_AFTER_MS) this.reset()
  }

  reset(): void {
    this.count = 0
  }
}
