export function Reader(_: { id: string }) {
  return null
}
