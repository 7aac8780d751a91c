import { language } from '../platform/preferences'
import { en } from './en'

export type Texts = typeof en

/** The languages of the page. A new one is one file beside en.ts, and one line here. */
export const LANGUAGES: Record<string, { name: string; load: () => Promise<Texts> }> = {
  en: { name: 'English', load: async () => en },
}

export let t: Texts = en
let current = 'en'

/** The language chosen, or the first of the browser's that there is. */
export async function loadTexts(): Promise<void> {
  const wished = [language.peek(), ...navigator.languages].map((tag) => tag.slice(0, 2))
  current = wished.find((tag) => tag in LANGUAGES) ?? 'en'
  t = (await LANGUAGES[current]?.load()) ?? en
  document.documentElement.lang = current
}

export function locale(): string {
  const own = navigator.languages.find((tag) => tag.startsWith(current))
  return own ?? current
}
