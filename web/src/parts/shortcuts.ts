/** Call what a plain key is for, unless the focused element takes letters. Returns a function that stops it. */
export function onShortcut(actionOf: (key: string) => (() => void) | undefined): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return
    if ((event.target as Element).closest?.('input, textarea, select, dialog, [contenteditable], [role=menu]')) return
    const action = actionOf(event.key)
    if (!action) return
    event.preventDefault()
    action()
  }
  addEventListener('keydown', onKeyDown)
  return () => removeEventListener('keydown', onKeyDown)
}
