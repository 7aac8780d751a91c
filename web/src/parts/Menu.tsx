import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Icon, type IconName } from './Icon'

export interface MenuItem {
  label: string
  icon?: IconName
  /** Set for items of which one is the current value, and for switches. */
  checked?: boolean
  /** True if the item is on or off for itself. */
  isSwitch?: boolean
  danger?: boolean
  onSelect: () => void
}

interface Props {
  label: string
  items: MenuItem[]
  children: ComponentChildren
  class?: string
}

const MIN_HEIGHT_PX = 132 // three items
const MARGIN_PX = 12

/** Return the heights that a list can have above and below an element without being covered by a bar. */
function spaceAround(element: Element): [above: number, below: number] {
  const { top, bottom } = element.getBoundingClientRect()
  const bar = document.querySelector('.reader-bar, .top-bar')?.getBoundingClientRect().bottom ?? 0
  const style = getComputedStyle(document.documentElement)
  const heights = ['--player-height', '--mini-player-height'].map((name) => Number.parseFloat(style.getPropertyValue(name)) || 0)
  const covered = heights.reduce((sum, height) => sum + height, 0)
  return [top - Math.max(0, bar) - MARGIN_PX, innerHeight - covered - bottom - MARGIN_PX]
}

/** A menu button with the keyboard behaviour of the ARIA Authoring Practices. */
export function Menu({ label, items, children, class: buttonClass = 'quiet square' }: Props) {
  const [isOpen, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const list = useRef<HTMLDivElement>(null)

  const focusableItems = () => [...(list.current?.querySelectorAll<HTMLButtonElement>('[role^=menuitem]') ?? [])]
  const close = (restoreFocus: boolean) => {
    setOpen(false)
    if (restoreFocus) root.current?.querySelector('button')?.focus()
  }

  useLayoutEffect(() => {
    if (!isOpen) return
    const element = list.current
    if (element) {
      // Keep the list in the window, between its bars: where there is no space below, on the side of the button that has more, and
      // scrolling; right-aligned if there is no space on the right.
      const { height, right } = element.getBoundingClientRect()
      const [above, below] = spaceAround(root.current ?? element)
      const opensUp = height > below && above > below
      element.classList.toggle('open-up', opensUp)
      element.style.maxHeight = `min(60vh, ${Math.max(MIN_HEIGHT_PX, opensUp ? above : below)}px)`
      element.classList.toggle('align-right', right > document.documentElement.clientWidth - 8)
      const { left } = element.getBoundingClientRect()
      if (left < 8) element.style.translate = `${8 - left}px` // wider than the space on either side
    }
    ;(focusableItems().find((item) => item.ariaChecked === 'true') ?? focusableItems()[0])?.focus()
    const closeOnOutsidePress = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false)
    }
    addEventListener('pointerdown', closeOnOutsidePress)
    return () => removeEventListener('pointerdown', closeOnOutsidePress)
  }, [isOpen])

  const onKeyDown = (event: KeyboardEvent) => {
    if (!isOpen) {
      if (event.key === 'ArrowDown') {
        event.preventDefault()
        setOpen(true)
      }
      return
    }
    const all = focusableItems()
    const current = all.indexOf(document.activeElement as HTMLButtonElement)
    const nextByKey: Record<string, number> = {
      ArrowDown: (current + 1) % all.length,
      ArrowUp: (current - 1 + all.length) % all.length,
      Home: 0,
      End: all.length - 1,
    }
    if (event.key in nextByKey) all[nextByKey[event.key] ?? 0]?.focus()
    else if (event.key === 'Escape') close(true)
    else if (event.key === 'Tab') {
      setOpen(false)
      return
    } else return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: handles the keys of the button and of the menu inside
    <div class="menu" ref={root} onKeyDown={onKeyDown}>
      <button
        type="button"
        class={buttonClass}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {children}
      </button>
      {isOpen && (
        <div class="menu-list" role="menu" aria-label={label} ref={list}>
          {items.map((item) => (
            // biome-ignore lint/a11y/useAriaPropsSupportedByRole: checked is set where the role is menuitemradio or menuitemcheckbox
            <button
              key={item.label}
              type="button"
              role={item.checked === undefined ? 'menuitem' : item.isSwitch ? 'menuitemcheckbox' : 'menuitemradio'}
              aria-checked={item.checked}
              class={item.danger ? 'danger-text' : ''}
              tabIndex={-1}
              onClick={() => {
                close(true)
                item.onSelect()
              }}
            >
              {item.icon ? <Icon name={item.icon} size={18} /> : item.checked !== undefined && <Icon name="check" size={18} />}
              {item.label}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}
