import { language } from '../platform/preferences'
import { en, type Texts } from './en'
import { languageOf, speak } from './locale'

export { languageName, locale } from './locale'
export { count } from './numbers'

/** The languages of the page. A new one is one file beside en.ts, and one line here. */
export const LANGUAGES: Record<string, { name: string; load: () => Promise<Texts> }> = {
  en: { name: 'English', load: async () => en },
  de: { name: 'Deutsch', load: () => import('./de').then((module) => module.de) },
}

export let t: Texts = en

/** The language chosen, or the first of the browser's that there is. */
export async function loadTexts(): Promise<void> {
  const wished = [language.peek(), ...navigator.languages].map(languageOf)
  const found = wished.find((tag) => tag in LANGUAGES) ?? 'en'
  t = (await LANGUAGES[found]?.load()) ?? en
  speak(found)
}

/** The text for a word of the API; undefined for one that the page does not know. */
export function textOf(texts: Record<string, string>, word: string): string | undefined {
  return texts[word]
}
