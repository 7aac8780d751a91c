import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { errorMessage } from '../api/problem'
import { t } from '../texts'
import { Dialog } from './Dialog'

interface Props {
  title: string
  action: string
  isDanger?: boolean
  onClose: () => void
  /** An error that it throws is shown in the dialog. */
  onSubmit: () => Promise<unknown>
  children: ComponentChildren
}

/** A dialog with a form; it stays open and shows the error if submitting fails. */
export function FormDialog({ title, action, isDanger = false, onClose, onSubmit, children }: Props) {
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
          } catch (thrown) {
            setError(errorMessage(thrown))
            setBusy(false)
          }
        }}
      >
        {children}
        <div role="alert">{error && <p class="error-text">{error}</p>}</div>
        <div class="dialog-footer">
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
