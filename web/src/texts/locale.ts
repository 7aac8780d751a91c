let current = 'en'

/** The locale of numbers, dates and plurals: the shown language, in the browser's regional variant. */
export function locale(): string {
  return navigator.languages.find((tag) => primaryLanguage(tag) === current) ?? current
}

export function setLanguage(language: string): void {
  current = language
  document.documentElement.lang = language
}

/** "de" of "de-AT". */
export const primaryLanguage = (tag: string) => tag.split('-')[0]?.toLowerCase() ?? ''

/** The name of a language in the shown language: "German" for "de"; the tag itself if it is unknown. */
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(locale(), { type: 'language', languageDisplay: 'standard' }).of(tag) ?? tag
  } catch {
    return tag
  }
}
