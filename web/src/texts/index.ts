import { language } from '../platform/preferences'
import { en, type FirstTexts } from './en'
import type { ScreenTexts } from './en.screens'
import { primaryLanguage, setLanguage } from './locale'

export { languageName, locale } from './locale'
export { formatNumber } from './numbers'

export type Texts = FirstTexts & ScreenTexts

interface Language {
  name: string
  load: () => Promise<FirstTexts>
  loadScreens: () => Promise<ScreenTexts>
}

const english: Language = {
  name: 'English',
  load: async () => en,
  loadScreens: () => import('./en.screens').then((module) => module.screens),
}

/** The languages of the page. To add one, copy en.ts and en.screens.ts, translate them, and add an entry here. */
export const LANGUAGES: Record<string, Language> = {
  en: english,
  de: {
    name: 'Deutsch',
    load: () => import('./de').then((module) => module.de),
    loadScreens: () => import('./de.screens').then((module) => module.screens),
  },
  fr: {
    name: 'Français',
    load: () => import('./fr').then((module) => module.fr),
    loadScreens: () => import('./fr.screens').then((module) => module.screens),
  },
  es: {
    name: 'Español',
    load: () => import('./es').then((module) => module.es),
    loadScreens: () => import('./es.screens').then((module) => module.screens),
  },
  it: {
    name: 'Italiano',
    load: () => import('./it').then((module) => module.it),
    loadScreens: () => import('./it.screens').then((module) => module.screens),
  },
}

/** The texts of the page in the shown language. `withScreenTexts` adds those of the screens that are loaded later. */
export let t = en as Texts

let shown = english
let screens: Promise<void> | null = null

/** Load the texts of the first screen in the chosen language, else in the first of the browser's that the page has, else in English. */
export async function loadTexts(): Promise<void> {
  const preferred = [language.peek(), ...navigator.languages].map(primaryLanguage)
  const tag = preferred.find((candidate) => candidate in LANGUAGES) ?? 'en'
  shown = LANGUAGES[tag] ?? english
  screens = null
  t = (await shown.load()) as Texts
  setLanguage(tag)
}

/** Load the texts of the screens that are loaded later, together with a module that shows them. */
export async function withScreenTexts<T>(module: Promise<T>): Promise<T> {
  screens ??= shown.loadScreens().then((texts) => {
    t = { ...t, ...texts }
  })
  const [loaded] = await Promise.all([module, screens])
  return loaded
}

/** The text for a value of the API; undefined if the page has none. */
export function labelFor(texts: Record<string, string>, value: string): string | undefined {
  return texts[value]
}
