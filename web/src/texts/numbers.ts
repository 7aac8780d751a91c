import { locale } from './locale'

export function count(value: number): string {
  return new Intl.NumberFormat(locale()).format(value)
}

/** "1 file", "2,000 files": in the form that the language has for so many. `other` there is in all; some have `few` and `many`. */
export function counted(value: number, forms: Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }): string {
  return `${count(value)} ${forms[new Intl.PluralRules(locale()).select(value)] ?? forms.other}`
}
