import { effect, type Signal, signal } from '@preact/signals'

/**
 * A signal kept in localStorage. A stored value that is unreadable or of another type is replaced by the default. A shared one follows
 * changes in other tabs.
 */
export function persistedSignal<T>(name: string, defaultValue: T, { isShared = false } = {}): Signal<T> {
  const key = `visionary.${name}`
  const persisted = signal<T>(readPersisted(key, defaultValue))
  if (isShared)
    addEventListener('storage', (event) => {
      if (event.key === key || event.key === null) persisted.value = readPersisted(key, defaultValue)
    })
  let isRead = true
  effect(() => {
    const { value } = persisted
    if (isRead) {
      isRead = false // what could not be read must not be replaced
      return
    }
    try {
      localStorage.setItem(key, JSON.stringify(value))
    } catch {
      // storage is disabled or full: the value lasts until the page is closed
    }
  })
  return persisted
}

function readPersisted<T>(key: string, defaultValue: T): T {
  try {
    const text = localStorage.getItem(key)
    const value: unknown = text === null ? undefined : JSON.parse(text)
    if (typeof value === typeof defaultValue && value !== null)
      return typeof defaultValue === 'object' ? { ...defaultValue, ...(value as T) } : (value as T)
  } catch {
    // storage is disabled or the value is not JSON: use the default
  }
  return defaultValue
}

export type Theme = 'system' | 'light' | 'dark'

export const theme = persistedSignal<Theme>('theme', 'system')
export const language = persistedSignal<string>('language', '')

effect(() => {
  document.documentElement.dataset.theme = theme.value
})

/** Return whether the user allows animations; read on each call, because the setting can change while the page is open. */
export const prefersMotion = () => !matchMedia('(prefers-reduced-motion: reduce)').matches
