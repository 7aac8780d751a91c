import { t } from '../texts'
import { formatBytes } from '../texts/format'
import { account } from './account'

/** How much of the storage quota is used. */
export function StorageMeter() {
  const current = account.value
  if (!current) return null
  const { usage, limits } = current
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
      <span class="dim">{t.shell.storage(formatBytes(usage.stored_bytes), formatBytes(limits.quota_bytes))}</span>
    </div>
  )
}
