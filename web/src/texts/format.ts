import { locale } from './locale'

const BYTE_UNITS = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte']

export function formatBytes(size: number): string {
  let value = size && Math.max(size / 1024, 0.1) // a file that is not empty never shows as 0 kB
  let unit = 0
  while (value >= 1000 && unit < BYTE_UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return formatUnit(value, BYTE_UNITS[unit] ?? '', value >= 100 ? 0 : 1)
}

/** A number and its unit, joined by a no-break space: "1.4 MB", "5 min". */
function formatUnit(value: number, unit: string, digits = 0): string {
  const style = { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits } as const
  return new Intl.NumberFormat(locale(), style).format(value).replace(' ', '\u00a0')
}

/** 83_000 → "1:23"; hours are shown only if there are any. */
export function formatTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const minutes = Math.floor(seconds / 60) % 60
  const hours = Math.floor(seconds / 3600)
  const paddedSeconds = `${String(seconds % 60).padStart(2, '0')}`
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${paddedSeconds}` : `${minutes}:${paddedSeconds}`
}

/** 3_900_000 → "1 hr 5 min", at least one minute. */
export function formatDuration(ms: number): string {
  const total = Math.max(1, Math.round(ms / 60_000))
  const [hours, minutes] = [Math.floor(total / 60), total % 60]
  return [hours ? formatUnit(hours, 'hour') : '', minutes ? formatUnit(minutes, 'minute') : ''].filter(Boolean).join(' ')
}

/** 0.425 → "42%": never 0 or 100 % between the beginning and the end. */
export function formatPercent(fraction: number): string {
  const percent = Math.min(99, Math.max(1, Math.floor(fraction * 100)))
  return new Intl.NumberFormat(locale(), { style: 'percent' }).format(percent / 100)
}

export function formatDate(date: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium' }).format(new Date(date))
}

export function formatDateTime(date: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(date))
}

export function formatCurrency(amount: number, currency: string): string {
  const digits = amount !== 0 && amount < 0.01 ? 4 : 2
  return new Intl.NumberFormat(locale(), { style: 'currency', currency, maximumFractionDigits: digits }).format(amount)
}
