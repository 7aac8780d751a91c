import { effect, type Signal, signal } from '@preact/signals'

/** A value that this browser remembers. What cannot be read, or has another shape, is the standard again. */
export function remembered<T>(name: string, standard: T): Signal<T> {
  const key = `visionary.${name}`
  const kept = signal<T>(standard)
  try {
    const text = localStorage.getItem(key)
    const value: unknown = text === null ? undefined : JSON.parse(text)
    if (typeof value === typeof standard && value !== null)
      kept.value = typeof standard === 'object' ? { ...standard, ...(value as T) } : (value as T)
  } catch {
    // a browser that keeps nothing
  }
  effect(() => {
    try {
      localStorage.setItem(key, JSON.stringify(kept.value))
    } catch {
      // as above
    }
  })
  return kept
}

export type Theme = 'system' | 'light' | 'dark'

export const theme = remembered<Theme>('theme', 'system')
export const language = remembered<string>('language', '')

effect(() => {
  document.documentElement.dataset.theme = theme.value
})

/** Whether things may glide: asked each time, it can be changed while one reads. */
export const mayMove = () => !matchMedia('(prefers-reduced-motion: reduce)').matches
