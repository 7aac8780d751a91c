// When keys expire.

/** The days after which a key may expire; 0 is never. */
export const LIFETIMES_DAYS = [30, 90, 365, 0]

const DAY_MS = 86_400_000

/** The time at which a key expires that is created now. */
export function expiryAfter(days: number, now: number): string | null {
  return days === 0 ? null : new Date(now + days * DAY_MS).toISOString()
}

export function isExpired(key: { expires_at: string | null }, now: number): boolean {
  return key.expires_at !== null && Date.parse(key.expires_at) <= now
}
