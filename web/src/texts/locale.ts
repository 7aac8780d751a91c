let current = 'en'

/** What numbers, dates and plurals go by: the language that is shown, as it is spoken where the reader is. */
export function locale(): string {
  return navigator.languages.find((tag) => languageOf(tag) === current) ?? current
}

export function speak(language: string): void {
  current = language
  document.documentElement.lang = language
}

/** "de" of "de-AT". */
export const languageOf = (tag: string) => tag.split('-')[0]?.toLowerCase() ?? ''

/** What a language is called in the one that is shown: "German" for "de". What nobody knows keeps its tag. */
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(locale(), { type: 'language', languageDisplay: 'standard' }).of(tag) ?? tag
  } catch {
    return tag
  }
}
