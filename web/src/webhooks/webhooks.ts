import { call, type Page } from '../api/client'

export const EVENTS = ['media.ready', 'media.rejected', 'speech.first_audio', 'speech.done', 'speech.failed', 'export.done'] as const

export type WebhookEvent = (typeof EVENTS)[number]

/** An address of the user that is called when something happened. */
export interface Webhook {
  id: string
  url: string
  events: WebhookEvent[]
  enabled: boolean
  disabled_reason: 'paused' | 'gone' | 'failing' | null
  failing_since: string | null
}

export type WebhookDraft = Pick<Webhook, 'url' | 'events'>

interface Attempt {
  number: number
  at: string
  status: number | null
  duration_ms: number
  answer: string | null
  error: string | null
}

/** A message to a receiver, with its attempts. */
export interface Delivery {
  id: string
  event: WebhookEvent | 'ping'
  status: 'pending' | 'delivered' | 'failed' | 'cancelled'
  attempts: Attempt[]
  next_attempt_at: string | null
  created_at: string
}

export const loadWebhooks = async () => (await call<Page<Webhook>>('GET', '/v1/webhooks', { query: { limit: 100 } })).items

/** Create a webhook; return its secret, which is shown once. */
export const createWebhook = (draft: WebhookDraft, idempotencyKey: string) =>
  call<Webhook & { secret: string }>('POST', '/v1/webhooks', { body: draft, idempotencyKey })

export const changeWebhook = (id: string, changes: Partial<WebhookDraft & { enabled: boolean }>) =>
  call<Webhook>('PATCH', `/v1/webhooks/${id}`, { body: changes })

export const replaceSecret = (id: string) => call<{ secret: string; previous_secret_until: string }>('POST', `/v1/webhooks/${id}/secret`)

export const sendPing = (id: string) => call<Delivery>('POST', `/v1/webhooks/${id}/ping`, { idempotencyKey: crypto.randomUUID() })

export const loadDeliveries = (id: string, cursor: string | null) =>
  call<Page<Delivery>>('GET', `/v1/webhooks/${id}/deliveries`, { query: { limit: 25, cursor } })

export const sendAgain = (id: string, deliveryId: string) => call<Delivery>('POST', `/v1/webhooks/${id}/deliveries/${deliveryId}/redeliver`)
