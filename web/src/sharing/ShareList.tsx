import '../styles/sharing.css'
import { useEffect, useState } from 'preact/hooks'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { Name } from '../parts/Name'
import { reportErrors, toast } from '../parts/toasts'
import { reconnections } from '../platform/network'
import { t } from '../texts'
import { formatDate, formatDateTime } from '../texts/format'
import { isExpired, listShares, revoke, type Share, shareUrl } from './model'

export async function copyLink(share: Share): Promise<void> {
  await navigator.clipboard.writeText(shareUrl(share))
  toast(t.sharing.copied)
}

interface Props {
  shares: readonly Share[]
  /** True if the links lead to different media and collections. */
  hasNames?: boolean
  onRevoked: () => Promise<void>
}

/** Links that can be copied again, and revoked. */
export function ShareList({ shares, hasNames = false, onRevoked }: Props) {
  const end = async (share: Share) => {
    await revoke(share)
    toast(t.sharing.revoked)
    await onRevoked()
  }
  return (
    <ul class="share-list" aria-label={t.sharing.links}>
      {shares.map((share) => (
        <li key={share.id}>
          <span class="share-facts">
            {hasNames && (
              <strong>
                <Name>{share.title}</Name>
              </strong>
            )}
            <span>{expiryText(share)}</span>
            <span class="dim">{facts(share)}</span>
          </span>
          <span class="share-actions">
            {!isExpired(share) && (
              <button
                type="button"
                class="plain"
                aria-label={t.sharing.copyOf(displayName(share.title), formatDateTime(share.created_at))}
                onClick={() => void reportErrors(() => copyLink(share))}
              >
                <Icon name="copy" /> {t.sharing.copy}
              </button>
            )}
            <button
              type="button"
              class="plain"
              aria-label={t.sharing.revokeOf(displayName(share.title), formatDateTime(share.created_at))}
              onClick={() => void reportErrors(() => end(share))}
            >
              {t.sharing.revoke}
            </button>
          </span>
        </li>
      ))}
    </ul>
  )
}

function expiryText(share: Share): string {
  if (share.expires_at === null) return t.sharing.untilRevoked
  return (isExpired(share) ? t.sharing.expired : t.sharing.until)(formatDateTime(share.expires_at))
}

function facts(share: Share): string {
  const parts = [
    t.sharing.created(formatDate(share.created_at)),
    t.sharing.opened(share.open_count),
    share.has_password ? t.sharing.withPassword : '',
    share.download ? t.sharing.withDownload : '',
  ]
  return parts.filter(Boolean).join(' · ')
}

/** All links of the account. */
export function AllShares() {
  const [shares, setShares] = useState<Share[] | null>(null)
  const load = async () => setShares(await listShares('/v1/shares'))
  useEffect(() => {
    void reportErrors(load)
  }, [reconnections.value])
  if (!shares) return <output class="spinner" aria-label={t.loading} />
  if (!shares.length) return <p>{t.sharing.none}</p>
  return <ShareList shares={shares} hasNames onRevoked={load} />
}
