import { signal } from '@preact/signals'

/** A document that is kept on this device. `sizeBytes` grows until it is complete. */
export interface KeptMedia {
  id: string
  title: string
  sizeBytes: number
  isComplete: boolean
  keptAt: string
  jobIds: string[]
}

const KEY = 'visionary.kept'

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
  if (localStorage.getItem(KEY) !== null) localStorage.removeItem(KEY)
}

addEventListener('storage', (event) => {
  if (event.key === KEY || event.key === null) keptMedia.value = read()
})
