import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Icon, type IconName } from '../parts/Icon'
import { coveredTop } from '../parts/viewport'
import { t } from '../texts'
import { COLOURS, type Colour } from './model'

const GAP_PX = 10

interface Action {
  icon: IconName
  label: string
  shortcut?: string
  onSelect: () => void
}

interface Props {
  label: string
  /** The passage in the window. */
  rect: DOMRect
  /** The colour of the passage, if it is highlighted. */
  colour: Colour | null
  onColour: (colour: Colour) => void
  actions: Action[]
  onClose: () => void
}

/** Buttons beside a passage: colours to highlight it, and what else can be done with it. */
export function PassageToolbar({ label, rect, colour, onColour, actions, onClose }: Props) {
  const toolbar = useRef<HTMLDivElement>(null)
  const [position, setPosition] = useState<{ left: number; top: number } | null>(null)
  useLayoutEffect(() => {
    const { width, height } = toolbar.current?.getBoundingClientRect() ?? { width: 0, height: 0 }
    // Above the passage, where the pointer does not come from; on touch screens the system's own menu is there.
    const above = rect.top - height - GAP_PX
    const isBelow = matchMedia('(pointer: coarse)').matches || above < coveredTop()
    const left = Math.min(Math.max(8, rect.left + rect.width / 2 - width / 2), document.documentElement.clientWidth - width - 8)
    setPosition({ left, top: scrollY + (isBelow ? rect.bottom + GAP_PX : above) })
  }, [rect])
  return (
    <section aria-label={label}>
      <div
        ref={toolbar}
        class="passage-toolbar"
        role="toolbar"
        aria-label={label}
        style={position ? { left: `${position.left}px`, top: `${position.top}px` } : { visibility: 'hidden' }}
        onPointerDown={(event) => event.preventDefault()} // keeps the selection
        onKeyDown={(event) => event.key === 'Escape' && onClose()}
      >
        {COLOURS.map((option) => (
          <button
            key={option}
            type="button"
            class={`quiet square swatch swatch-${option}`}
            aria-label={t.annotations.highlightIn(t.annotations.colours[option])}
            aria-pressed={colour === option}
            onClick={() => onColour(option)}
          >
            <span />
          </button>
        ))}
        {actions.map(({ icon, label: name, shortcut, onSelect }) => (
          <button key={icon} type="button" class="quiet square" aria-label={name} aria-keyshortcuts={shortcut} onClick={onSelect}>
            <Icon name={icon} />
          </button>
        ))}
      </div>
    </section>
  )
}
