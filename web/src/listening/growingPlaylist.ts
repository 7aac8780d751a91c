const SHORTEST_TARGET_S = 2

/**
 * A growing HLS playlist whose target duration is at most half of the time until `positionS` reaches its end at `rate`.
 *
 * hls.js asks for it again after its last segment, or half of the target duration when it had not grown: too late for a listener
 * at a high speed, or when the next segment takes long. A complete playlist is not asked for again, and stays as it is.
 */
export function withTimelyReloads(playlist: string, positionS: number, rate: number): string {
  if (playlist.includes('#EXT-X-ENDLIST')) return playlist
  const durations = [...playlist.matchAll(/^#EXTINF:([\d.]+)/gm)].map(([, seconds]) => Number(seconds))
  const remainingS = (durations.reduce((sum, seconds) => sum + seconds, 0) - positionS) / rate
  return playlist.replace(/^(#EXT-X-TARGETDURATION:)(\d+)/m, (_, name: string, target: string) => {
    const longest = Math.max(SHORTEST_TARGET_S, Math.floor(remainingS / 2))
    return name + Math.min(Number(target), longest)
  })
}
