import { t } from '../texts'

/** The first thing that Tab reaches. The address names a room, so a link within the page has to move by itself. */
export function Skip() {
  return (
    // biome-ignore lint/a11y/useValidAnchor: it leads to the content, which has the focus then
    <a
      class="skip"
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
