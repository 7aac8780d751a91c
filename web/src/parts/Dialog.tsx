import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { t } from '../texts'
import { Icon } from './Icon'

interface Props {
  title: string
  onClose: () => void
  children: ComponentChildren
  /** A `sheet` covers one side or the bottom of the window and leaves the rest in view. */
  kind?: 'box' | 'sheet'
  /** Leave the page behind undimmed, because the dialog changes its look. */
  hasClearBackdrop?: boolean
}

/** A modal dialog, mounted while it is open. The browser keeps the focus inside; closing restores it. */
export function Dialog({ title, onClose, children, kind = 'box', hasClearBackdrop = false }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
  useLayoutEffect(() => {
    const element = dialog.current
    const previousFocus = document.activeElement
    element?.showModal()
    return () => {
      element?.close()
      if (previousFocus instanceof HTMLElement && previousFocus.isConnected) previousFocus.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      class={`dialog ${kind} ${hasClearBackdrop ? 'clear-backdrop' : ''}`}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onMouseDown={(event) => {
        // The second press of a double click on the button that opened the dialog does not close it.
        if (event.target === dialog.current && event.detail < 2) onClose()
      }}
    >
      <div class="dialog-content">
        <div class="dialog-header">
          <h2 id={heading}>{title}</h2>
          <button type="button" class="quiet square" aria-label={t.close} onClick={onClose}>
            <Icon name="close" />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  )
}

interface ConfirmProps {
  title: string
  text: string
  action: string
  /** The other choice; *Cancel* if it has no name of its own. */
  cancel?: string
  onConfirm: () => void
  onClose: () => void
}

/** Asks before an action that cannot be undone. */
export function Confirm({ title, text, action, cancel = t.cancel, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <div class="dialog-footer">
        <button type="button" class="plain" onClick={onClose}>
          {cancel}
        </button>
        <button
          type="button"
          class="danger"
          onClick={() => {
            onConfirm()
            onClose()
          }}
        >
          {action}
        </button>
      </div>
    </Dialog>
  )
}
