import { useEffect, useRef, useState } from 'preact/hooks'
import { MAX_CHARACTERS } from '../api/limits'
import { Icon } from '../parts/Icon'
import { navigate, pathWithQuery, route } from '../platform/route'
import { t } from '../texts'

const DEBOUNCE_MS = 180 // not noticed while typing, and saves a request for most letters

export function SearchField() {
  const q = route.value.query.get('q') ?? ''
  const [text, setText] = useState(q)
  const timer = useRef(0)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    // While the user types, the text is ahead of the URL. On a screen without `q` the field is empty.
    if (document.activeElement !== field.current || !q) setText(q)
  }, [q])
  useEffect(() => {
    const focusOnSlash = (event: KeyboardEvent) => {
      const isTyping = (event.target as HTMLElement).closest('input, textarea, select, [contenteditable], dialog')
      if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault()
        field.current?.focus()
      }
    }
    addEventListener('keydown', focusOnSlash)
    return () => removeEventListener('keydown', focusOnSlash)
  }, [])
  const search = (value: string) => {
    setText(value)
    clearTimeout(timer.current)
    const [screenAtStart] = route.peek().parts
    timer.current = setTimeout(() => {
      const [screen] = route.peek().parts
      const isInLibrary = screen === 'library'
      if (screen !== screenAtStart && !isInLibrary) return // the user has gone to another screen in the meantime
      const query = value.trim() || null
      const isRefinement = isInLibrary && route.peek().query.has('q')
      const path = isInLibrary ? pathWithQuery({ q: query }) : `/library?q=${encodeURIComponent(value.trim())}`
      navigate(path, { replace: isRefinement })
    }, DEBOUNCE_MS) as unknown as number
  }
  return (
    <search class="search">
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        aria-label={t.library.searchHint}
        placeholder={t.library.searchHint}
        value={text}
        maxLength={MAX_CHARACTERS.q}
        onInput={(event) => search(event.currentTarget.value)}
      />
      {text && (
        <button
          type="button"
          class="quiet square"
          aria-label={t.library.clearSearch}
          onClick={() => {
            search('')
            field.current?.focus()
          }}
        >
          <Icon name="close" size={18} />
        </button>
      )}
    </search>
  )
}
