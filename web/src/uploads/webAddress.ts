/** The address in a text that is nothing else; "" for other texts. */
export function addressIn(text: string): string {
  const address = text.trim()
  return /^https?:\/\/\S+$/i.test(address) && URL.canParse(address) ? address : ''
}

/** An address as it was typed: without a scheme, browsers take https. */
export const withScheme = (address: string) =>
  /^[a-z][a-z0-9+.-]*:\/\//i.test(address.trim()) ? address.trim() : `https://${address.trim()}`
