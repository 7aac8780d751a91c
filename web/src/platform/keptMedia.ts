import { signal } from '@preact/signals'

/** A document that is kept on this device. */
export interface KeptMedia {
  id: string
  title: string
  sizeBytes: number
  isComplete: boolean
  keptAt: string
  jobIds: string[]
  /** Which text and recordings are kept, to be compared with those that the server has. */
  content?: string
  /** True if the browser has removed what was kept, until the user keeps it again or no longer wants it. */
  isEvicted?: boolean
}

/** Return whether a document is on this device, or about to be. */
export const isOnDevice = (entry: KeptMedia | undefined) => entry !== undefined && !entry.isEvicted

const KEY = 'visionary.kept'
/** Where in the list of changes what is kept here was up to date. */
export const KEPT_CURSOR_KEY = 'visionary.keptCursor'

/** The documents that are kept on this device, by id; the same in all tabs. */
export const keptMedia = signal<Readonly<Record<string, KeptMedia>>>(read())

function read(): Record<string, KeptMedia> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, KeptMedia>
  } catch {
    return {}
  }
}

/** Add or change the entry of a document; null removes it. */
export function recordKept(id: string, entry: KeptMedia | null): void {
  const { [id]: _, ...others } = read()
  keptMedia.value = entry ? { ...others, [id]: entry } : others
  localStorage.setItem(KEY, JSON.stringify(keptMedia.value))
}

export function forgetKept(): void {
  keptMedia.value = {}
  for (const key of [KEY, KEPT_CURSOR_KEY]) if (localStorage.getItem(key) !== null) localStorage.removeItem(key)
}

addEventListener('storage', (event) => {
  if (event.key === KEY || event.key === null) keptMedia.value = read()
})
