import { useEffect } from 'preact/hooks'

/**
 * Call `onFind` on Ctrl+F or Cmd+F: the browser would find only what is rendered, which is a part of a long text. Pressed again in the
 * find bar, it opens the browser's own.
 */
export function useFindShortcut(onFind: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const isShortcut = event.key.toLowerCase() === 'f' && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey
      if (!isShortcut || document.querySelector('dialog[open]') || (event.target as HTMLElement).closest?.('.find-bar')) return
      event.preventDefault()
      onFind()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [])
}
