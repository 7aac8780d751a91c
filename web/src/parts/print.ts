import { signal } from '@preact/signals'
import { reportErrors } from './toasts'

/** Prints the document on the screen; null while there is none. */
export const printDocument = signal<(() => void) | null>(null)

/**
 * Offer to print what is on the screen, in a menu and by the browser's keys: a view first loads what is not yet on the page.
 * Returns a function that ends it.
 */
export function offerPrinting(print: () => Promise<void>): () => void {
  const start = () => void reportErrors(print)
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key.toLowerCase() !== 'p' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return
    event.preventDefault()
    start()
  }
  addEventListener('keydown', onKeyDown)
  printDocument.value = start
  return () => {
    removeEventListener('keydown', onKeyDown)
    printDocument.value = null
  }
}
