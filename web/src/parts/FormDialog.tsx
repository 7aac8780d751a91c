import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { sentence } from '../api/problem'
import { t } from '../texts'
import { Dialog } from './Dialog'

interface AskProps {
  title: string
  action: string
  isDanger?: boolean
  onClose: () => void
  /** Throws what is shown. */
  onSubmit: () => Promise<unknown>
  children: ComponentChildren
}

/** A dialog with a form: it stays open with the reason while the answer is no. */
export function Ask({ title, action, isDanger = false, onClose, onSubmit, children }: AskProps) {
  const [error, setError] = useState('')
  const [isBusy, setBusy] = useState(false)
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={async (event) => {
          event.preventDefault()
          setBusy(true)
          try {
            await onSubmit()
            onClose()
          } catch (problem) {
            setError(sentence(problem))
            setBusy(false)
          }
        }}
      >
        {children}
        <div role="alert">{error && <p class="error-text">{error}</p>}</div>
        <div class="dialog-foot">
          <button type="button" class="plain" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" class={isDanger ? 'danger' : 'primary'} disabled={isBusy}>
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
