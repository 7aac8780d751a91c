import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Icon, type IconName } from './Icon'

export interface Choice {
  label: string
  icon?: IconName
  /** For choices of which one holds. */
  checked?: boolean
  danger?: boolean
  onChoose: () => void
}

interface Props {
  label: string
  choices: Choice[]
  children: ComponentChildren
  class?: string
}

/** A button with a menu, by the keys that ARIA's authoring practices name. */
export function Menu({ label, choices, children, class: kind = 'quiet square' }: Props) {
  const [isOpen, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const list = useRef<HTMLDivElement>(null)

  const items = () => [...(list.current?.querySelectorAll<HTMLButtonElement>('[role^=menuitem]') ?? [])]
  const close = (refocus: boolean) => {
    setOpen(false)
    if (refocus) root.current?.querySelector('button')?.focus()
  }

  useLayoutEffect(() => {
    if (!isOpen) return
    const box = list.current
    if (box) {
      // Into view: upwards when there is no room below, to the left when there is none on the right.
      const { bottom, right } = box.getBoundingClientRect()
      box.classList.toggle('above', bottom > innerHeight - 8)
      box.classList.toggle('leftwards', right > document.documentElement.clientWidth - 8)
      const { left } = box.getBoundingClientRect()
      if (left < 8) box.style.translate = `${8 - left}px` // wider than the room on either side
    }
    ;(items().find((item) => item.ariaChecked === 'true') ?? items()[0])?.focus()
    const away = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false)
    }
    addEventListener('pointerdown', away)
    return () => removeEventListener('pointerdown', away)
  }, [isOpen])

  const onKeyDown = (event: KeyboardEvent) => {
    if (!isOpen) {
      if (event.key === 'ArrowDown') {
        event.preventDefault()
        setOpen(true)
      }
      return
    }
    const all = items()
    const at = all.indexOf(document.activeElement as HTMLButtonElement)
    const to: Record<string, number> = {
      ArrowDown: (at + 1) % all.length,
      ArrowUp: (at - 1 + all.length) % all.length,
      Home: 0,
      End: all.length - 1,
    }
    if (event.key in to) all[to[event.key] ?? 0]?.focus()
    else if (event.key === 'Escape') close(true)
    else if (event.key === 'Tab') {
      setOpen(false)
      return
    } else return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hears the keys of the button and of the menu in it
    <div class="menu" ref={root} onKeyDown={onKeyDown}>
      <button type="button" class={kind} aria-label={label} aria-haspopup="menu" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {children}
      </button>
      {isOpen && (
        <div class="menu-list" role="menu" aria-label={label} ref={list}>
          {choices.map((choice) => (
            // biome-ignore lint/a11y/useAriaPropsSupportedByRole: checked is set where the role is menuitemradio
            <button
              key={choice.label}
              type="button"
              role={choice.checked === undefined ? 'menuitem' : 'menuitemradio'}
              aria-checked={choice.checked}
              class={choice.danger ? 'dangerous' : ''}
              tabIndex={-1}
              onClick={() => {
                close(true)
                choice.onChoose()
              }}
            >
              {choice.icon ? <Icon name={choice.icon} size={18} /> : choice.checked !== undefined && <Icon name="check" size={18} />}
              {choice.label}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}
