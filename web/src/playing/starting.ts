let decisions = 0

/**
 * Announce a playback that is loaded before it starts. Returns a function that tells whether it is still wanted: nothing else has been
 * announced, started or ended since.
 */
export function announceStart(): () => boolean {
  const decision = ++decisions
  return () => decision === decisions
}

/** Forget an announced playback: something else has been decided. */
export function cancelStart(): void {
  decisions++
}
