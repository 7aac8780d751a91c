import { language } from '../platform/preferences'
import { en, type Texts } from './en'
import { primaryLanguage, setLanguage } from './locale'

export { languageName, locale } from './locale'
export { formatNumber } from './numbers'

/** The languages of the page. To add one, copy en.ts, translate it, and add a line here. */
export const LANGUAGES: Record<string, { name: string; load: () => Promise<Texts> }> = {
  en: { name: 'English', load: async () => en },
  de: { name: 'Deutsch', load: () => import('./de').then((module) => module.de) },
  fr: { name: 'Français', load: () => import('./fr').then((module) => module.fr) },
  es: { name: 'Español', load: () => import('./es').then((module) => module.es) },
  it: { name: 'Italiano', load: () => import('./it').then((module) => module.it) },
}

export let t: Texts = en

/** Load the texts in the chosen language, else in the first of the browser's languages that the page has, else in English. */
export async function loadTexts(): Promise<void> {
  const preferred = [language.peek(), ...navigator.languages].map(primaryLanguage)
  const tag = preferred.find((candidate) => candidate in LANGUAGES) ?? 'en'
  t = (await LANGUAGES[tag]?.load()) ?? en
  setLanguage(tag)
}

/** The text for a value of the API; undefined if the page has none. */
export function labelFor(texts: Record<string, string>, value: string): string | undefined {
  return texts[value]
}
