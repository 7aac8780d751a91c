const DELAY_MS = 500 // of the pointer on a button: passing over it shows nothing
const GAP_PX = 6

let shown: { tooltip: HTMLElement; owner: Element; isAtPointer: boolean } | null = null
let timer = 0

/** Return the button or link that an event is about, if its name is not on it. */
function iconButtonOf(event: Event): Element | null {
  const button = (event.target as Element | null)?.closest?.('button[aria-label], a[aria-label]')
  return button && !button.textContent?.trim() && button.getAttribute('aria-expanded') !== 'true' ? button : null
}

function show(owner: Element, isAtPointer: boolean): void {
  hide()
  const tooltip = document.createElement('div')
  tooltip.className = 'tooltip'
  tooltip.ariaHidden = 'true' // it is the name of the button, which screen readers have
  const shortcut = owner.getAttribute('aria-keyshortcuts')
  tooltip.textContent = `${owner.getAttribute('aria-label')}${shortcut ? ` (${shortcut.toUpperCase()})` : ''}`
  tooltip.popover = 'manual' // above dialogs
  ;(owner.closest('dialog') ?? document.body).append(tooltip)
  tooltip.showPopover()
  const button = owner.getBoundingClientRect()
  const { width, height } = tooltip.getBoundingClientRect()
  const left = Math.min(Math.max(4, button.left + button.width / 2 - width / 2), document.documentElement.clientWidth - width - 4)
  const isBelow = button.bottom + GAP_PX + height < innerHeight
  tooltip.style.left = `${left}px`
  tooltip.style.top = `${isBelow ? button.bottom + GAP_PX : button.top - GAP_PX - height}px`
  shown = { tooltip, owner, isAtPointer }
}

function hide(): void {
  clearTimeout(timer)
  shown?.tooltip.remove()
  shown = null
}

/**
 * Show the names of buttons with icons at the pointer and at the focus. WCAG 1.4.13: Escape dismisses a name, the pointer can move onto it,
 * and it stays until pointer or focus leave.
 */
export function installTooltips(): void {
  addEventListener('pointerover', (event) => {
    if (event.pointerType === 'touch') return
    const owner = iconButtonOf(event)
    if (shown && (owner === shown.owner || shown.tooltip.contains(event.target as Node))) return
    hide()
    if (owner) timer = setTimeout(() => owner.isConnected && show(owner, true), DELAY_MS) as unknown as number
  })
  addEventListener('focusin', (event) => {
    const owner = iconButtonOf(event)
    if (owner?.matches(':focus-visible')) show(owner, false)
    else hide()
  })
  addEventListener('focusout', hide)
  addEventListener('pointerdown', hide)
  addEventListener('scroll', hide, { capture: true, passive: true })
  addEventListener(
    'keydown',
    (event) => {
      if (!shown) return
      // The key is for a name at the pointer alone: a dialog below stays open.
      if (event.key === 'Escape' && shown.isAtPointer) event.preventDefault()
      hide()
    },
    { capture: true },
  )
}
