import { useEffect, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { saveFile } from '../library/actions'
import { Icon } from '../parts/Icon'
import { reportErrors } from '../parts/toasts'
import { reconnections } from '../platform/network'
import { t } from '../texts'
import { formatBytes, formatDateTime } from '../texts/format'

interface AccountExport {
  id: string
  status: 'queued' | 'running' | 'done' | 'failed'
  files: number
  size_bytes: number
  error: string | null
  created_at: string
  expires_at: string | null
}

const POLL_INTERVAL_MS = 1500

/** Requests exports of the account's data and lists the latest ones. */
export function Exports() {
  const [exports, setExports] = useState<AccountExport[]>([])
  const load = async () => setExports((await call<Page<AccountExport>>('GET', '/v1/account/export', { query: { limit: 10 } })).items)
  useEffect(() => void reportErrors(load), [reconnections.value])
  const isBusy = exports.some(({ status }) => status === 'queued' || status === 'running')
  useEffect(() => {
    if (!isBusy) return
    const timer = setInterval(() => void load().catch(() => undefined), POLL_INTERVAL_MS)
    return () => clearInterval(timer)
  }, [isBusy])
  const request = async () => {
    await call<AccountExport>('POST', '/v1/account/export', { idempotencyKey: crypto.randomUUID() })
    await load()
  }
  const download = async (id: string) => {
    const { url } = await call<{ url: string | null }>('GET', `/v1/account/export/${id}`)
    if (url) saveFile(url)
  }
  return (
    <>
      <button type="button" class="plain" disabled={isBusy} onClick={() => void reportErrors(request)}>
        <Icon name="download" /> {t.account.exportStart}
      </button>
      <ul class="export-list" aria-live="polite">
        {exports.map(({ id, status, error, files, size_bytes, created_at, expires_at }) => (
          <li key={id}>
            <span>
              <strong>{t.account.exportStates[status]}</strong> · {formatDateTime(created_at)}
              <br />
              <span class="dim">
                {error ?? `${t.account.exportFiles(files)} · ${formatBytes(size_bytes)}`}
                {expires_at && ` · ${t.account.exportUntil(formatDateTime(expires_at))}`}
              </span>
            </span>
            {status === 'done' && (
              <button type="button" class="plain" onClick={() => void reportErrors(() => download(id))}>
                {t.account.download}
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  )
}
