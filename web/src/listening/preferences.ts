import { effect, signal } from '@preact/signals'
import { call } from '../api/client'
import { isSignedIn } from '../api/session'
import { isShared } from '../api/share'
import { persistedSignal } from '../platform/preferences'

/** The kinds of content that listeners can do without, in the order in which they are offered. */
export const SIDE_KINDS = [
  'front_matter',
  'toc',
  'footnote',
  'note_mark',
  'citation',
  'url',
  'reference',
  'table',
  'caption',
  'figure',
  'formula',
  'code',
] as const
export type SideKind = (typeof SIDE_KINDS)[number]

/** What new recordings take where nothing else is chosen. */
export interface ListenerPreferences {
  skip: string[]
  /** The id of a voice by language. */
  voices: Record<string, string>
  pause_scale: number
}

export const preferences = signal<ListenerPreferences | null>(null)
/** The voice that was chosen last on this device. It goes before the preferences, until these name a voice. */
export const lastVoice = persistedSignal('voice', '')
/** Kinds that this device skips, or does not skip, while it plays: otherwise the preferences decide. */
const skippedHere = persistedSignal<Record<string, boolean>>('skippedWhilePlaying', {})

let loading: Promise<ListenerPreferences> | null = null
let saving: Promise<unknown> = Promise.resolve()

/** Load the preferences once. Readers of a share have none. */
export function loadPreferences(): Promise<ListenerPreferences> {
  if (isShared()) return Promise.reject(new Error('readers of a share have no preferences'))
  loading ??= call<ListenerPreferences>('GET', '/v1/account/preferences').then(
    (loaded) => {
      preferences.value = loaded
      return loaded
    },
    (error) => {
      loading = null
      throw error
    },
  )
  return loading
}

/** Save changes, in the order in which they were made. Devices follow new preferences, whatever was chosen on them before. */
export function savePreferences(changes: Partial<ListenerPreferences>): Promise<void> {
  const saved = saving
    .catch(() => undefined)
    .then(async () => {
      const body = { ...(await loadPreferences()), ...preferences.peek(), ...changes }
      preferences.value = await call<ListenerPreferences>('PUT', '/v1/account/preferences', { body })
      if (changes.skip) skippedHere.value = {}
      if (changes.voices) lastVoice.value = ''
    })
  saving = saved
  return saved
}

export const isSkippedWhilePlaying = (kind: string): boolean => skippedHere.value[kind] ?? preferences.value?.skip.includes(kind) ?? false

export function skipWhilePlaying(kind: string, isSkipped: boolean): void {
  skippedHere.value = { ...skippedHere.peek(), [kind]: isSkipped }
}

/** Return a list of kinds with one of them added or removed; kinds that the page does not offer stay. */
export const toggleKind = (kinds: readonly string[], kind: string): string[] =>
  kinds.includes(kind) ? kinds.filter((other) => other !== kind) : [...kinds, kind]

effect(() => {
  if (isSignedIn.value) return
  preferences.value = null
  loading = null
})
