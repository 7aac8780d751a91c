import { signal } from '@preact/signals'
import { onShortcut } from '../parts/shortcuts'

/** Whether the dialog with the keyboard shortcuts is open. */
export const isShortcutHelpOpen = signal(false)

export const openShortcutHelp = () => {
  isShortcutHelpOpen.value = true
}

onShortcut((key) => (key === '?' ? openShortcutHelp : undefined))
