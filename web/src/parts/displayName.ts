// Bidirectional controls (UAX #9): with them a name can look as if it ended in another type.
const BIDI_CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
const [FIRST_STRONG_ISOLATE, POP_ISOLATE] = ['\u2068', '\u2069']

export function removeBidiControls(name: string): string {
  return name.replace(BIDI_CONTROLS, '')
}

/** A name of a user for a sentence or a label: letters of another direction reorder nothing around it. */
export function displayName(name: string): string {
  const plain = removeBidiControls(name)
  return RIGHT_TO_LEFT.test(plain) ? FIRST_STRONG_ISOLATE + plain + POP_ISOLATE : plain
}
