import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { t } from '../texts'

interface Props {
  label: string
  hint?: string
  value: string
  onValue: (value: string) => void
  type?: 'text' | 'email' | 'password'
  name?: string
  autocomplete?: string
  autocapitalize?: 'none'
  inputMode?: 'numeric' | 'url'
  pattern?: string
  minLength?: number
  maxLength?: number
  required?: boolean
  spellcheck?: boolean
  /** The first field of a form that is the whole screen: it is focused when the form appears. */
  isFirst?: boolean
}

/** A labelled input; a password has a button to show it. */
export function Field({ label, hint, value, onValue, type = 'text', isFirst = false, ...attributes }: Props) {
  const id = useId()
  const [isVisible, setVisible] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (isFirst) input.current?.focus()
  }, [])
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="field-line">
        <input
          {...(attributes as object)}
          ref={input}
          id={id}
          type={(type === 'password' && isVisible ? 'text' : type) as 'text'}
          value={value}
          aria-describedby={hint ? `${id}-hint` : undefined}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
        {type === 'password' && (
          <button
            type="button"
            class="quiet"
            aria-label={t.session.showPassword}
            aria-pressed={isVisible}
            onClick={() => setVisible(!isVisible)}
          >
            {t.session.show}
          </button>
        )}
      </div>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}
