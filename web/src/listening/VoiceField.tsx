import { useEffect, useRef, useState } from 'preact/hooks'
import { Icon } from '../parts/Icon'
import { languageName, t } from '../texts'
import type { Voice } from './model'

interface Props {
  voices: Voice[]
  /** The id of the chosen voice; empty for the default one. */
  value: string
  /** The id of the voice that the default is, once it is known. */
  defaultVoice: string | undefined
  onChange: (voice: string) => void
}

/** A choice of voices by their names, and a button that lets one hear the chosen voice. */
export function VoiceField({ voices, value, defaultVoice, onChange }: Props) {
  const chosen = voices.find(({ id }) => id === (value || defaultVoice))
  return (
    <>
      <label class="field">
        <span class="label">{t.listening.voice}</span>
        <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          <option value="">{t.listening.defaultVoice}</option>
          {voices.map((voice) => (
            <option key={voice.id} value={voice.id}>
              {describe(voice)}
            </option>
          ))}
        </select>
      </label>
      {/* Its place is kept until voices and samples are there: what is below must not move while it is pressed. */}
      <SampleButton key={chosen?.id} name={chosen?.display_name ?? t.listening.defaultVoice} url={chosen?.sample_url ?? null} />
    </>
  )
}

function describe(voice: Voice): string {
  const highlighting = voice.marks ? t.listening.exactHighlighting : t.listening.approximateHighlighting
  return [voice.display_name, voiceLanguage(voice), t.listening.quality[voice.quality], highlighting].join(' · ')
}

/** The language and region of a voice; its accent is part of its name. */
const voiceLanguage = ({ language }: Voice) => languageName(language.match(/^[a-z]+(-[A-Z][a-z]{3})?(-[A-Z]{2})?(?=-|$)/)?.[0] ?? language)

function SampleButton({ name, url }: { name: string; url: string | null }) {
  const audio = useRef<HTMLAudioElement | null>(null)
  const [isPlaying, setPlaying] = useState(false)
  useEffect(() => () => audio.current?.pause(), [])
  const toggle = () => {
    if (isPlaying || !url) {
      audio.current?.pause()
      return
    }
    const element = new Audio(url)
    element.onpause = element.onerror = () => setPlaying(false)
    audio.current = element
    setPlaying(true)
    element.play().catch(() => setPlaying(false))
  }
  return (
    <button type="button" class="plain" disabled={!url} onClick={toggle}>
      <Icon name={isPlaying ? 'pause' : 'play'} />
      {isPlaying ? t.listening.stopSample : t.listening.hearVoice(name)}
    </button>
  )
}
