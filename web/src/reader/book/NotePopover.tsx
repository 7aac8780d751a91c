import { useLayoutEffect, useRef } from 'preact/hooks'
import { Icon } from '../../parts/Icon'
import { t } from '../../texts'

const GAP_PX = 8

export interface OpenNote {
  /** The mark in the text that refers to the note. */
  mark: HTMLElement
  content: Element
}

/** A note beside its mark in the text. Escape and a press elsewhere close it, and the focus returns to the mark. */
export function NotePopover({ note, onClick, onClose }: { note: OpenNote; onClick: (event: MouseEvent) => void; onClose: () => void }) {
  const popover = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const element = popover.current
    if (!element || !content.current) return
    const copy = note.content.cloneNode(true) as Element
    for (const run of copy.querySelectorAll('[data-start]')) run.removeAttribute('data-start') // a position is in the text once
    content.current.replaceChildren(...copy.childNodes)
    const onToggle = (event: Event) => {
      if ((event as ToggleEvent).newState !== 'closed') return
      const hadFocus = element.contains(document.activeElement) || document.activeElement === document.body
      onClose()
      if (hadFocus) note.mark.focus({ preventScroll: true })
    }
    element.addEventListener('beforetoggle', onToggle)
    element.showPopover()
    place(element, note.mark)
    element.focus({ preventScroll: true })
    return () => element.removeEventListener('beforetoggle', onToggle)
  }, [note])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the links and buttons of the note are reached by keyboard
    <div ref={popover} popover="auto" role="dialog" aria-label={t.reader.note} class="note-popover" tabIndex={-1} onClick={onClick}>
      <button type="button" class="quiet square" aria-label={t.close} onClick={() => popover.current?.hidePopover()}>
        <Icon name="close" />
      </button>
      <div ref={content} />
    </div>
  )
}

/** Put the note below the line of its mark, or above where there is more room. */
function place(popover: HTMLElement, mark: HTMLElement): void {
  const at = mark.getBoundingClientRect()
  const lineHeight = Number.parseFloat(getComputedStyle(mark.closest('p, li, td, th') ?? mark).lineHeight) || 0
  const bottom = Math.max(at.bottom, at.top + lineHeight) // the mark stands at the top of its line
  const roomBelow = innerHeight - bottom
  const isBelow = roomBelow > at.top || roomBelow > popover.offsetHeight + 2 * GAP_PX
  const left = Math.min(
    Math.max(GAP_PX, at.left - popover.offsetWidth / 2),
    document.documentElement.clientWidth - popover.offsetWidth - GAP_PX,
  )
  popover.style.left = `${left}px`
  popover.style[isBelow ? 'top' : 'bottom'] = `${isBelow ? bottom + GAP_PX : innerHeight - at.top + GAP_PX}px`
  popover.style.maxHeight = `${(isBelow ? roomBelow : at.top) - 2 * GAP_PX}px`
}
