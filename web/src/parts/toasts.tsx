import { signal } from '@preact/signals'
import { t } from '../texts'
import { Icon } from './Icon'

interface Notice {
  id: number
  text: string
  isError: boolean
  action?: { label: string; onChoose: () => void }
}

const SHOWN_MS = 8000 // long enough to read two sentences and reach the button
const notices = signal<Notice[]>([])
const spoken = signal('')
let last = 0

/** Tell something in passing; errors stay until they are closed. */
export function tell(text: string, options: { isError?: boolean; action?: Notice['action'] } = {}): void {
  const id = ++last
  const notice: Notice = { id, text, isError: options.isError ?? false, ...(options.action ? { action: options.action } : {}) }
  // What was told before is history; errors wait until they are read.
  notices.value = [...notices.value.filter((other) => other.isError && other.text !== text), notice]
  if (!notice.isError) setTimeout(() => close(id), SHOWN_MS)
}

/** For screen readers alone. */
export function announce(text: string): void {
  spoken.value = text === spoken.peek() ? `${text}\u00a0` : text // the same again is said again
}

/** What was told is not for whoever comes next. */
export function silence(): void {
  notices.value = []
  spoken.value = ''
}

function close(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id)
}

export function Notices() {
  return (
    <>
      <div class="unseen" role="status">
        {spoken.value}
      </div>
      <section class="notices" role="log" aria-live="polite" aria-label={t.name}>
        {notices.value.map((notice) => (
          <div key={notice.id} class={`notice ${notice.isError ? 'error' : ''}`}>
            <Icon name={notice.isError ? 'warning' : 'check'} />
            <span>{notice.text}</span>
            {notice.action && (
              <button
                type="button"
                class="quiet"
                onClick={() => {
                  close(notice.id)
                  notice.action?.onChoose()
                }}
              >
                {notice.action.label}
              </button>
            )}
            <button type="button" class="quiet square" aria-label={t.close} onClick={() => close(notice.id)}>
              <Icon name="close" size={18} />
            </button>
          </div>
        ))}
      </section>
    </>
  )
}
