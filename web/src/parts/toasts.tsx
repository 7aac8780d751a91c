import { signal } from '@preact/signals'
import { errorMessage, Problem } from '../api/problem'
import { reconnection } from '../platform/network'
import { t } from '../texts'
import { Icon } from './Icon'

interface Toast {
  id: number
  text: string
  isError: boolean
  /** True if it says why something does not happen, not that it has happened. */
  isNotice: boolean
  action?: { label: string; onSelect: () => void }
}

const TOAST_DURATION_MS = 8000 // long enough to read two sentences and reach the button
const toasts = signal<Toast[]>([])
const announcement = signal('')
let lastId = 0

/** Show a short message, and return its id; an error stays until it is dismissed. */
export function toast(text: string, options: { isError?: boolean; isNotice?: boolean; action?: Toast['action'] } = {}): number {
  const id = ++lastId
  const { isError = false, isNotice = false, action } = options
  const added: Toast = { id, text, isError, isNotice, ...(action ? { action } : {}) }
  // A new toast replaces the ones before it, except for errors with another text.
  toasts.value = [...toasts.value.filter((other) => other.isError && other.text !== text), added]
  if (!added.isError) setTimeout(() => dismiss(id), TOAST_DURATION_MS)
  return id
}

/** Run an action and show its error, if any; that the server cannot be reached only until it can. */
export async function reportErrors(action: () => Promise<unknown>): Promise<void> {
  try {
    await action()
  } catch (error) {
    const id = toast(errorMessage(error), { isError: true })
    if (error instanceof Problem && error.code === 'unreachable') void reconnection().then(() => dismiss(id))
  }
}

/** Announce a text to screen readers without showing it. */
export function announceToScreenReader(text: string): void {
  announcement.value = text === announcement.peek() ? `${text}\u00a0` : text // screen readers do not announce an unchanged text again
}

/** Remove all messages, so that the next user does not see them. */
export function dismissToasts(): void {
  toasts.value = []
  announcement.value = ''
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((shown) => shown.id !== id)
}

export function Toasts() {
  return (
    <>
      <div class="visually-hidden" role="status">
        {announcement.value}
      </div>
      <section class="toasts" role="log" aria-live="polite" aria-label={t.name}>
        {toasts.value.map((shown) => (
          <div key={shown.id} class={`toast ${shown.isError ? 'error' : ''}`}>
            <Icon name={shown.isError ? 'warning' : shown.isNotice ? 'notice' : 'check'} />
            <span>{shown.text}</span>
            {shown.action && (
              <button
                type="button"
                class="quiet"
                onClick={() => {
                  dismiss(shown.id)
                  shown.action?.onSelect()
                }}
              >
                {shown.action.label}
              </button>
            )}
            <button type="button" class="quiet square" aria-label={t.close} onClick={() => dismiss(shown.id)}>
              <Icon name="close" size={18} />
            </button>
          </div>
        ))}
      </section>
    </>
  )
}
