/** The address names a room, so a link within the page has to move by itself. */
export function skip(event: Event): void {
  event.preventDefault()
  document.getElementById('content')?.focus()
}
