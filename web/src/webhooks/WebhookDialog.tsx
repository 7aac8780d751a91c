import { useRef, useState } from 'preact/hooks'
import { MAX_CHARACTERS } from '../api/limits'
import { Problem } from '../api/problem'
import { Field } from '../parts/Field'
import { FormDialog } from '../parts/FormDialog'
import { t } from '../texts'
import { changeWebhook, createWebhook, EVENTS, type Webhook, type WebhookEvent } from './webhooks'

interface Props {
  /** The webhook to change; without one, a new one is created. */
  webhook?: Webhook | undefined
  onClose: () => void
  /** Gets a new webhook with its secret. */
  onSaved: (created?: Webhook & { secret: string }) => void
}

/** Creates or changes a webhook: its address, and the events that it is for. */
export function WebhookDialog({ webhook, onClose, onSaved }: Props) {
  const [url, setUrl] = useState(webhook?.url ?? '')
  const [events, setEvents] = useState<WebhookEvent[]>(webhook?.events ?? ['media.ready', 'speech.done'])
  const key = useRef(crypto.randomUUID())
  const toggle = (event: WebhookEvent) => setEvents(events.includes(event) ? events.filter((other) => other !== event) : [...events, event])
  const submit = async () => {
    if (!events.length) throw new Problem(0, 'no_events', t.webhooks.noEvents)
    const draft = { url: url.trim(), events }
    try {
      onSaved(webhook ? void (await changeWebhook(webhook.id, draft)) : await createWebhook(draft, key.current))
    } catch (error) {
      key.current = crypto.randomUUID() // the next request may have other values
      throw error
    }
  }
  return (
    <FormDialog title={webhook ? t.webhooks.edit : t.webhooks.add} action={t.save} onClose={onClose} onSubmit={submit}>
      <Field
        label={t.webhooks.url}
        hint={t.webhooks.urlHint}
        value={url}
        onValue={setUrl}
        inputMode="url"
        autocapitalize="none"
        spellcheck={false}
        maxLength={MAX_CHARACTERS.url}
        required
      />
      <fieldset class="webhook-events">
        <legend>{t.webhooks.when}</legend>
        {EVENTS.map((event) => (
          <label key={event} class="check">
            <input type="checkbox" checked={events.includes(event)} onChange={() => toggle(event)} />
            <span>
              {t.webhooks.events[event]} <code class="dim">{event}</code>
            </span>
          </label>
        ))}
      </fieldset>
    </FormDialog>
  )
}
