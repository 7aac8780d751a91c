import { locale, t } from '../texts'

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB']

export function bytes(size: number): string {
  let value = size
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1
  return `${new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value)} ${UNITS[unit]}`
}

export function count(value: number): string {
  return new Intl.NumberFormat(locale()).format(value)
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
  return minutes < 60 ? t.format.minutes(minutes) : t.format.hours(Math.floor(minutes / 60), minutes % 60)
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
