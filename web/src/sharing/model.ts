import { call, type Page } from '../api/client'

/** A link to a media or a collection, as its owner sees it. */
export interface Share {
  id: string
  media_id: string | null
  collection_id: string | null
  title: string
  url: string
  path: string
  download: boolean
  has_password: boolean
  expires_at: string | null
  open_count: number
  created_at: string
}

const PAGE_SIZE = 100

/** The address of a share's page. */
export const shareUrl = (share: Share): string => `${location.origin}${location.pathname}#/shared/${share.path.split('/').pop()}`

export const isExpired = (share: Share, now = Date.now()): boolean => share.expires_at !== null && Date.parse(share.expires_at) <= now

const DAY_MS = 86_400_000
const EXPIRY_DAYS = { day: 1, week: 7, month: 30, never: null }
export type Expiry = keyof typeof EXPIRY_DAYS

/** The time at which a link expires that is created now; null for never. */
export function expiryAfter(expiry: Expiry, now = Date.now()): string | null {
  const days = EXPIRY_DAYS[expiry]
  return days === null ? null : new Date(now + days * DAY_MS).toISOString()
}

/** List all shares at a path of the API. Throws Problem. */
export async function listShares(path: string): Promise<Share[]> {
  const shares: Share[] = []
  let cursor: string | null = null
  do {
    const page: Page<Share> = await call('GET', path, { query: { limit: PAGE_SIZE, cursor } })
    shares.push(...page.items)
    cursor = page.next_cursor
  } while (cursor)
  return shares
}

export async function revoke(share: Share): Promise<void> {
  await call('DELETE', `/v1/shares/${share.id}`)
}
