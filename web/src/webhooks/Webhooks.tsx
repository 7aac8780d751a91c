import '../styles/webhooks.css'
import { useEffect, useState } from 'preact/hooks'
import { call } from '../api/client'
import { FormDialog } from '../parts/FormDialog'
import { Icon } from '../parts/Icon'
import { Menu } from '../parts/Menu'
import { reportErrors, toast } from '../parts/toasts'
import { reconnections } from '../platform/network'
import { t } from '../texts'
import { formatDateTime } from '../texts/format'
import { DeliveryDialog } from './DeliveryDialog'
import { WebhookDialog } from './WebhookDialog'
import { changeWebhook, loadWebhooks, replaceSecret, sendPing, type Webhook } from './webhooks'

interface ShownSecret {
  url: string
  secret: string
  hint: string
}

/** The user's webhooks: create, change, try and delete them, and see what was sent. */
export function Webhooks() {
  const [webhooks, setWebhooks] = useState<Webhook[] | null>(null)
  const [edited, setEdited] = useState<Webhook | 'new' | null>(null)
  const [deleted, setDeleted] = useState<Webhook | null>(null)
  const [watched, setWatched] = useState<Webhook | null>(null)
  const [shown, setShown] = useState<ShownSecret | null>(null)
  const load = () => reportErrors(async () => setWebhooks(await loadWebhooks()))
  useEffect(() => void load(), [reconnections.value])
  if (!webhooks) return <output class="spinner" aria-label={t.loading} />
  const ping = async (webhook: Webhook) => {
    await sendPing(webhook.id)
    setWatched(webhook)
  }
  const enable = async (webhook: Webhook, enabled: boolean) => {
    await changeWebhook(webhook.id, { enabled })
    await load()
  }
  const replace = async ({ id, url }: Webhook) => {
    const { secret, previous_secret_until: until } = await replaceSecret(id)
    setShown({ url, secret, hint: t.webhooks.bothSecrets(formatDateTime(until)) })
  }
  const copy = async (secret: string) => {
    await navigator.clipboard.writeText(secret)
    toast(t.webhooks.secretCopied)
  }
  return (
    <>
      {shown && (
        <div class="field podcast-link" role="status">
          <p>
            <b>{t.webhooks.secretOf(shown.url)}</b> {t.webhooks.shownOnce} {shown.hint}
          </p>
          <input readOnly value={shown.secret} aria-label={t.webhooks.secret} onFocus={(event) => event.currentTarget.select()} />
          <button type="button" class="plain" onClick={() => void reportErrors(() => copy(shown.secret))}>
            <Icon name="copy" /> {t.webhooks.copySecret}
          </button>
        </div>
      )}
      {webhooks.length > 0 && (
        <ul class="export-list webhooks">
          {webhooks.map((webhook) => (
            <li key={webhook.id}>
              <div class="webhook">
                <b class="webhook-url" dir="ltr">
                  {webhook.url}
                </b>
                <span class="dim">{webhook.events.map((event) => t.webhooks.events[event]).join(' · ')}</span>
                <State webhook={webhook} />
              </div>
              <span class="section-actions">
                {!webhook.enabled && (
                  <button type="button" class="plain" onClick={() => void reportErrors(() => enable(webhook, true))}>
                    {t.webhooks.enable}
                  </button>
                )}
                <button type="button" class="plain" aria-label={t.webhooks.messagesOf(webhook.url)} onClick={() => setWatched(webhook)}>
                  {t.webhooks.messages}
                </button>
                <Menu
                  label={t.webhooks.actionsOf(webhook.url)}
                  items={[
                    ...(webhook.enabled
                      ? [
                          { label: t.webhooks.ping, icon: 'forward' as const, onSelect: () => void reportErrors(() => ping(webhook)) },
                          {
                            label: t.webhooks.pause,
                            icon: 'pause' as const,
                            onSelect: () => void reportErrors(() => enable(webhook, false)),
                          },
                        ]
                      : []),
                    { label: t.webhooks.edit, icon: 'edit', onSelect: () => setEdited(webhook) },
                    { label: t.webhooks.replaceSecret, icon: 'restore', onSelect: () => void reportErrors(() => replace(webhook)) },
                    { label: t.webhooks.remove, icon: 'trash', danger: true, onSelect: () => setDeleted(webhook) },
                  ]}
                >
                  <Icon name="more" />
                </Menu>
              </span>
            </li>
          ))}
        </ul>
      )}
      <button type="button" class="plain" onClick={() => setEdited('new')}>
        <Icon name="plus" /> {t.webhooks.add}
      </button>
      {edited && (
        <WebhookDialog
          webhook={edited === 'new' ? undefined : edited}
          onClose={() => setEdited(null)}
          onSaved={(created) => {
            if (created) setShown({ url: created.url, secret: created.secret, hint: '' })
            void load()
          }}
        />
      )}
      {deleted && (
        <FormDialog
          title={t.webhooks.deleteTitle}
          action={t.webhooks.remove}
          isDanger
          onClose={() => setDeleted(null)}
          onSubmit={async () => {
            await call('DELETE', `/v1/webhooks/${deleted.id}`)
            if (shown?.url === deleted.url) setShown(null)
            await load()
          }}
        >
          <p class="webhook-url">{t.webhooks.deleteText(deleted.url)}</p>
        </FormDialog>
      )}
      {watched && (
        <DeliveryDialog
          webhook={watched}
          onClose={() => {
            setWatched(null)
            void load()
          }}
        />
      )}
    </>
  )
}

/** Whether a webhook is called, and if not, why. */
function State({ webhook }: { webhook: Webhook }) {
  const { disabled_reason: reason, failing_since: since } = webhook
  if (reason === 'gone' || reason === 'failing')
    return (
      <span class="webhook-problem">
        <Icon name="warning" size={16} /> {t.webhooks.disabled[reason]}
      </span>
    )
  if (reason === 'paused') return <span class="dim">{t.webhooks.paused}</span>
  if (since)
    return (
      <span class="webhook-problem">
        <Icon name="warning" size={16} /> {t.webhooks.failingSince(formatDateTime(since))}
      </span>
    )
  return (
    <span class="dim">
      <Icon name="check" size={16} /> {t.webhooks.active}
    </span>
  )
}
