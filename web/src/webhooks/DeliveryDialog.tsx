import { useEffect, useState } from 'preact/hooks'
import { Dialog } from '../parts/Dialog'
import { reportErrors, toast } from '../parts/toasts'
import { formatNumber, t } from '../texts'
import { formatDateTime } from '../texts/format'
import { type Delivery, loadDeliveries, sendAgain, type Webhook } from './webhooks'

const POLL_INTERVAL_MS = 2_000 // while a message is under way

/** What was sent to a webhook, and what its server answered; newest first. */
export function DeliveryDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const [deliveries, setDeliveries] = useState<Delivery[] | null>(null)
  const [cursor, setCursor] = useState<string | null>(null)
  const load = async () => {
    const page = await loadDeliveries(webhook.id, null)
    setDeliveries(page.items)
    setCursor(page.next_cursor)
  }
  const loadMore = async () => {
    const page = await loadDeliveries(webhook.id, cursor)
    setDeliveries([...(deliveries ?? []), ...page.items])
    setCursor(page.next_cursor)
  }
  const repeat = async (delivery: Delivery) => {
    await sendAgain(webhook.id, delivery.id)
    toast(t.webhooks.sentAgain)
    await load()
  }
  useEffect(() => void reportErrors(load), [])
  const isUnderWay = deliveries?.some(({ status }) => status === 'pending') ?? false
  useEffect(() => {
    if (!isUnderWay) return
    const timer = setInterval(() => void load().catch(() => undefined), POLL_INTERVAL_MS)
    return () => clearInterval(timer)
  }, [isUnderWay])
  return (
    <Dialog title={t.webhooks.messages} onClose={onClose}>
      <p class="dim webhook-url" dir="ltr">
        {webhook.url}
      </p>
      {!deliveries && <output class="spinner" aria-label={t.loading} />}
      {deliveries?.length === 0 && <p>{t.webhooks.noMessages}</p>}
      <ul class="export-list" aria-live="polite">
        {deliveries?.map((delivery) => (
          <li key={delivery.id}>
            <div class="webhook">
              <span>
                <b>{t.webhooks.events[delivery.event]}</b> · {formatDateTime(delivery.created_at)}
              </span>
              <span class={delivery.status === 'failed' ? 'webhook-problem' : 'dim'}>
                {t.webhooks.states[delivery.status]}
                {delivery.status === 'pending' &&
                  delivery.attempts.length > 0 &&
                  delivery.next_attempt_at &&
                  ` · ${t.webhooks.nextAttempt(formatDateTime(delivery.next_attempt_at))}`}
              </span>
              <Attempts delivery={delivery} />
            </div>
            {delivery.status !== 'pending' && webhook.enabled && (
              <button type="button" class="plain" onClick={() => void reportErrors(() => repeat(delivery))}>
                {t.webhooks.sendAgain}
              </button>
            )}
          </li>
        ))}
      </ul>
      {cursor && (
        <p>
          <button type="button" class="plain" onClick={() => void reportErrors(loadMore)}>
            {t.webhooks.older}
          </button>
        </p>
      )}
    </Dialog>
  )
}

/** The attempts of a message: the last one in view, those before behind a press. */
function Attempts({ delivery }: { delivery: Delivery }) {
  const [last, ...others] = [...delivery.attempts].reverse()
  if (!last) return null
  const line = ({ number, at, status, duration_ms: duration, answer, error }: typeof last) => (
    <p key={number} class="webhook-attempt">
      {formatDateTime(at)} · {status ?? t.webhooks.noAnswer} · {formatNumber(duration)} ms
      {(answer || error) && <q dir="auto">{answer || error}</q>}
    </p>
  )
  return (
    <>
      {line(last)}
      {others.length > 0 && (
        <details>
          <summary>{t.webhooks.attempts(delivery.attempts.length)}</summary>
          {others.map(line)}
        </details>
      )}
    </>
  )
}
