export function Receipt(_: { token: string }) {
  return null
}
