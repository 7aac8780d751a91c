import { useEffect, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { KindChoice } from '../listening/KindChoice'
import type { Voice } from '../listening/model'
import { type ListenerPreferences, loadPreferences, preferences, savePreferences } from '../listening/preferences'
import { VoiceField } from '../listening/VoiceField'
import { reportErrors } from '../parts/toasts'
import { reconnections } from '../platform/network'
import { languageName, t } from '../texts'
import { primaryLanguage } from '../texts/locale'

const PAUSE_SCALES = [0.5, 0.75, 1, 1.25, 1.5, 2, 3]

/** What new recordings skip, who reads them, and how long their pauses are. Every change is saved at once. */
export function ListeningSettings() {
  const [voices, setVoices] = useState<Voice[]>([])
  const [language, setLanguage] = useState(primaryLanguage(document.documentElement.lang))
  useEffect(() => {
    void reportErrors(loadPreferences)
    void reportErrors(async () => setVoices((await call<Page<Voice>>('GET', '/v1/voices')).items))
  }, [reconnections.value])
  const current = preferences.value
  if (!current) return <output class="spinner" aria-label={t.loading} />
  const save = (changes: Partial<ListenerPreferences>) => void reportErrors(() => savePreferences(changes))
  const chooseVoice = (id: string) => {
    // A voice that its provider no longer has cannot be saved again; without the list, nobody knows.
    const isKnown = (voice: string) => !voices.length || voices.some((known) => known.id === voice)
    const kept = Object.entries(current.voices).filter(([tag, voice]) => tag !== language && isKnown(voice))
    save({ voices: Object.fromEntries(id ? [...kept, [language, id]] : kept) })
  }
  const languages = [
    ...new Set([language, ...voices.filter(({ language: tag }) => tag !== 'mul').map((voice) => primaryLanguage(voice.language))]),
  ]
  const suitable = voices.filter((voice) => voice.language === 'mul' || primaryLanguage(voice.language) === language)
  const scales = [...new Set([...PAUSE_SCALES, current.pause_scale])].sort((one, other) => one - other)
  return (
    <>
      <KindChoice label={t.account.skip} value={current.skip} onValue={(skip) => save({ skip })} />
      <div class="columns">
        <label class="field">
          <span class="label">{t.account.voiceLanguage}</span>
          <select value={language} onChange={(event) => setLanguage(event.currentTarget.value)}>
            {languages
              .map((tag) => ({ tag, name: languageName(tag) }))
              .sort((one, other) => one.name.localeCompare(other.name))
              .map(({ tag, name }) => (
                <option key={tag} value={tag}>
                  {name}
                </option>
              ))}
          </select>
        </label>
        <div class="voice-choice">
          <VoiceField voices={suitable} value={current.voices[language] ?? ''} defaultVoice={suitable[0]?.id} onChange={chooseVoice} />
        </div>
      </div>
      <label class="field narrow">
        <span class="label">{t.account.pauses}</span>
        <select value={current.pause_scale} onChange={(event) => save({ pause_scale: Number(event.currentTarget.value) })}>
          {scales.map((scale) => (
            <option key={scale} value={scale}>
              {scale === 1 ? t.account.usualPauses : t.listening.speedOf(scale)}
            </option>
          ))}
        </select>
      </label>
    </>
  )
}
