import '../styles/account.css'
import { useEffect, useState } from 'preact/hooks'
import { callAnonymously } from '../api/client'
import { errorMessage } from '../api/problem'
import { saveFile } from '../library/actions'
import { Icon } from '../parts/Icon'
import { useTitle } from '../parts/title'
import { formatNumber, labelFor, t } from '../texts'
import { formatDateTime } from '../texts/format'
import { FactList } from './FactList'

interface Erasure {
  id: string
  status: string
  requested_at: string
  finished_at: string | null
  receipt: { removed: { rows: Record<string, number>; versions: Record<string, number> }; sha256: string } | null
}

const POLL_INTERVAL_MS = 3000
const sum = (counts: Record<string, number>) => Object.values(counts).reduce((total, count) => total + count, 0)

/** The progress and the receipt of an erasure, for anyone with its link. */
export function ErasureReceipt({ token }: { token: string }) {
  const [erasure, setErasure] = useState<Erasure | null>(null)
  const [error, setError] = useState('')
  useTitle(t.account.receipt)
  useEffect(() => {
    let timer = 0
    const poll = () =>
      callAnonymously<Erasure>(`/v1/erasures/${token}`).then(
        (loaded) => {
          setErasure(loaded)
          if (!loaded.receipt) timer = setTimeout(poll, POLL_INTERVAL_MS) as unknown as number
        },
        (thrown) => setError(errorMessage(thrown)),
      )
    void poll()
    return () => clearTimeout(timer)
  }, [token])
  const receipt = erasure?.receipt
  const download = () => {
    const url = URL.createObjectURL(new Blob([JSON.stringify(receipt, null, 2)], { type: 'application/json' }))
    saveFile(url, `receipt-${erasure?.id}.json`)
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
  }
  const facts: [string, string][] = erasure ? [[t.account.receiptRequested, formatDateTime(erasure.requested_at)]] : []
  if (erasure?.finished_at) facts.push([t.account.receiptFinished, formatDateTime(erasure.finished_at)])
  if (receipt)
    facts.push(
      [t.account.receiptRows, formatNumber(sum(receipt.removed.rows))],
      [t.account.receiptFiles, formatNumber(sum(receipt.removed.versions))],
      [t.account.receiptChecksum, receipt.sha256],
    )
  return (
    <main class="receipt account" id="content">
      <h1>{t.account.receipt}</h1>
      <p role="alert">{error && <span class="error-text">{error}</span>}</p>
      <p role="status">
        <strong>{erasure && labelFor(t.account.eraseStates, erasure.status)}</strong>
      </p>
      <FactList facts={facts} />
      <p class="dim">{t.account.receiptKeep}</p>
      {receipt && (
        <button type="button" class="plain" onClick={download}>
          <Icon name="download" /> {t.account.receiptDownload}
        </button>
      )}
    </main>
  )
}
