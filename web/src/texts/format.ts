import { locale } from './index'

const UNITS = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte']

export function bytes(size: number): string {
  let value = size && Math.max(size / 1024, 0.1) // what is there is never nothing
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return measured(value, UNITS[unit] ?? '', value >= 100 ? 0 : 1)
}

/** A number with its unit, as one word: "1.4 MB", "5 min". */
function measured(value: number, unit: string, digits = 0): string {
  const style = { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits } as const
  return new Intl.NumberFormat(locale(), style).format(value).replace(' ', '\u00a0')
}

/** 83_000 → 1:23, with hours when there are some. */
export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  const minutes = Math.floor(s / 60) % 60
  const hours = Math.floor(s / 3600)
  const tail = `${String(s % 60).padStart(2, '0')}`
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`
}

export function length(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000))
  const [whole, rest] = [Math.floor(minutes / 60), minutes % 60]
  return [whole ? measured(whole, 'hour') : '', rest ? measured(rest, 'minute') : ''].filter(Boolean).join(' ')
}

export function day(text: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium' }).format(new Date(text))
}

export function moment(text: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(text))
}

export function money(amount: number, currency: string): string {
  const digits = amount !== 0 && amount < 0.01 ? 4 : 2
  return new Intl.NumberFormat(locale(), { style: 'currency', currency, maximumFractionDigits: digits }).format(amount)
}
