import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { t } from '../texts'
import { Icon } from './Icon'

interface Props {
  title: string
  onClose: () => void
  children: ComponentChildren
  /** `sheet` comes from the side or from below and leaves the rest in view. */
  kind?: 'box' | 'sheet'
  /** What lies behind is not dimmed: the dialog changes how it looks. */
  isClear?: boolean
}

/** A modal dialog, mounted while it is open. The browser keeps the focus inside and gives it back. */
export function Dialog({ title, onClose, children, kind = 'box', isClear = false }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
  useLayoutEffect(() => {
    const element = dialog.current
    const before = document.activeElement
    element?.showModal()
    return () => {
      element?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      class={`dialog ${kind} ${isClear ? 'clear' : ''}`}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onMouseDown={(event) => {
        // The second press of a double click was meant for what opened this.
        if (event.target === dialog.current && event.detail < 2) onClose()
      }}
    >
      <div class="dialog-inside">
        <div class="dialog-head">
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

interface Question {
  title: string
  text: string
  action: string
  onYes: () => void
  onClose: () => void
}

/** Before something that cannot be undone. */
export function Confirm({ title, text, action, onYes, onClose }: Question) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <div class="dialog-foot">
        <button type="button" class="plain" onClick={onClose}>
          {t.cancel}
        </button>
        <button
          type="button"
          class="danger"
          onClick={() => {
            onYes()
            onClose()
          }}
        >
          {action}
        </button>
      </div>
    </Dialog>
  )
}
