import { t } from '../texts'

/** The first focusable element. It moves the focus by script, because the URL fragment is the route. */
export function SkipLink() {
  return (
    // biome-ignore lint/a11y/useValidAnchor: it leads to the content, which receives the focus
    <a
      class="skip-link"
      href="#content"
      onClick={(event) => {
        event.preventDefault()
        document.getElementById('content')?.focus()
      }}
    >
      {t.skip}
    </a>
  )
}
