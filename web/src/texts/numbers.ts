import { locale } from './locale'

export function formatNumber(value: number): string {
  return new Intl.NumberFormat(locale()).format(value)
}

/** "1 file", "2,000 files": the number with the plural form for it. Every language has `other`; some have `few` and `many`. */
export function pluralize(value: number, forms: Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }): string {
  return `${formatNumber(value)} ${forms[new Intl.PluralRules(locale()).select(value)] ?? forms.other}`
}
