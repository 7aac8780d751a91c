import { t } from '../texts'
import { bytes } from '../texts/format'
import { account } from './account'

/** How much of the quota is used. */
export function StorageMeter() {
  const known = account.value
  if (!known) return null
  const { usage, limits } = known
  return (
    <div class="storage">
      <meter
        min={0}
        max={limits.quota_bytes}
        low={limits.quota_bytes * 0.8}
        high={limits.quota_bytes * 0.95}
        optimum={0}
        value={usage.stored_bytes}
        aria-label={t.shell.storageLabel}
      />
      <span class="dim">{t.shell.storage(bytes(usage.stored_bytes), bytes(limits.quota_bytes))}</span>
    </div>
  )
}
