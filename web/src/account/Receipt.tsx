import '../styles/account.css'
import { useEffect, useState } from 'preact/hooks'
import { callOpenly } from '../api/client'
import { sentence } from '../api/problem'
import { save } from '../library/actions'
import { Icon } from '../parts/Icon'
import { useTitle } from '../parts/title'
import { count, t, textOf } from '../texts'
import { moment } from '../texts/format'
import { Facts } from './Account'

interface Erasure {
  id: string
  status: string
  requested_at: string
  finished_at: string | null
  receipt: { removed: { rows: Record<string, number>; versions: Record<string, number> }; sha256: string } | null
}

const LOOK_EVERY_MS = 3000
const sum = (counts: Record<string, number>) => Object.values(counts).reduce((total, one) => total + one, 0)

/** What became of an account, for whoever has the address. */
export function Receipt({ token }: { token: string }) {
  const [erasure, setErasure] = useState<Erasure | null>(null)
  const [error, setError] = useState('')
  useTitle(t.account.receipt)
  useEffect(() => {
    let timer = 0
    const look = () =>
      callOpenly<Erasure>(`/v1/erasures/${token}`).then(
        (found) => {
          setErasure(found)
          if (!found.receipt) timer = setTimeout(look, LOOK_EVERY_MS) as unknown as number
        },
        (problem) => setError(sentence(problem)),
      )
    void look()
    return () => clearTimeout(timer)
  }, [token])
  const receipt = erasure?.receipt
  const keep = () => {
    const url = URL.createObjectURL(new Blob([JSON.stringify(receipt, null, 2)], { type: 'application/json' }))
    save(url, `receipt-${erasure?.id}.json`)
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
  }
  const facts: [string, string][] = erasure ? [[t.account.receiptRequested, moment(erasure.requested_at)]] : []
  if (erasure?.finished_at) facts.push([t.account.receiptFinished, moment(erasure.finished_at)])
  if (receipt)
    facts.push(
      [t.account.receiptRows, count(sum(receipt.removed.rows))],
      [t.account.receiptFiles, count(sum(receipt.removed.versions))],
      [t.account.receiptSum, receipt.sha256],
    )
  return (
    <main class="receipt account" id="content">
      <h1>{t.account.receipt}</h1>
      <p role="alert">{error && <span class="error-text">{error}</span>}</p>
      <p role="status">
        <strong>{erasure && textOf(t.account.eraseStates, erasure.status)}</strong>
      </p>
      <Facts facts={facts} />
      <p class="dim">{t.account.receiptKeep}</p>
      {receipt && (
        <button type="button" class="plain" onClick={keep}>
          <Icon name="download" /> {t.account.receiptDownload}
        </button>
      )}
    </main>
  )
}
