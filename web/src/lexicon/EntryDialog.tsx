import { useEffect, useRef, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { MAX_CHARACTERS } from '../api/limits'
import type { Voice } from '../listening/model'
import { Field } from '../parts/Field'
import { FormDialog } from '../parts/FormDialog'
import { Icon } from '../parts/Icon'
import { RadioGroup } from '../parts/RadioGroup'
import { reportErrors } from '../parts/toasts'
import { languageName, t } from '../texts'
import { primaryLanguage } from '../texts/locale'
import { type AffectedText, countAffected, type EntryDraft, isSayable, type LexiconEntry, loadPreview, saveEntry } from './lexicon'

const COUNT_DELAY_MS = 400 // after the last key

interface Props {
  /** The entry to change; without one, a new one is created. */
  entry?: LexiconEntry | undefined
  /** Where a word was selected: its document, and the word. */
  mediaId?: string | undefined
  written?: string | undefined
  language?: string | undefined
  onClose: () => void
  onSaved: () => void
}

/** Creates or changes an entry of the lexicon. It can be heard, and shows how much text it changes, before it is saved. */
export function EntryDialog({ entry, mediaId, written = '', language, onClose, onSaved }: Props) {
  const [draft, setDraft] = useState<EntryDraft>(() => ({
    written: entry?.written ?? written,
    spoken: entry?.spoken ?? '',
    ipa: entry?.ipa ?? '',
    language: entry?.language ?? primaryLanguage(language ?? document.documentElement.lang),
    whole_word: entry?.whole_word ?? true,
    case_sensitive: entry?.case_sensitive ?? false,
    media_id: entry ? entry.media_id : null,
  }))
  const documentId = mediaId ?? entry?.media_id
  const set = (changes: Partial<EntryDraft>) => setDraft((current) => ({ ...current, ...changes }))
  const request: EntryDraft = { ...draft, spoken: draft.spoken?.trim() || null, ipa: draft.ipa?.trim() || null }
  const submit = async () => {
    await saveEntry(request, entry?.id)
    onSaved()
  }
  return (
    <FormDialog title={entry ? t.lexicon.edit : t.lexicon.add} action={t.save} onClose={onClose} onSubmit={submit}>
      <Field
        label={t.lexicon.written}
        value={draft.written}
        onValue={(value) => set({ written: value })}
        maxLength={MAX_CHARACTERS.written}
        required
      />
      <Field
        label={t.lexicon.spoken}
        hint={t.lexicon.spokenHint}
        value={draft.spoken ?? ''}
        onValue={(value) => set({ spoken: value })}
        maxLength={MAX_CHARACTERS.spoken}
        spellcheck={false}
      />
      <Field
        label={t.lexicon.ipa}
        hint={t.lexicon.ipaHint}
        value={draft.ipa ?? ''}
        onValue={(value) => set({ ipa: value })}
        maxLength={MAX_CHARACTERS.ipa}
        autocapitalize="none"
        spellcheck={false}
      />
      <LanguageField value={draft.language} onValue={(value) => set({ language: value })} />
      <label class="check">
        <input type="checkbox" checked={draft.whole_word} onChange={() => set({ whole_word: !draft.whole_word })} />
        {t.lexicon.wholeWord}
      </label>
      <label class="check">
        <input type="checkbox" checked={draft.case_sensitive} onChange={() => set({ case_sensitive: !draft.case_sensitive })} />
        {t.lexicon.caseSensitive}
      </label>
      {documentId && (
        <RadioGroup
          label={t.lexicon.scope}
          options={t.lexicon.scopes}
          value={draft.media_id ? 'one' : 'all'}
          onValue={(value) => set({ media_id: value === 'one' ? documentId : null })}
        />
      )}
      <p>
        <HearButton entry={request} />
      </p>
      <Affected draft={request} />
    </FormDialog>
  )
}

/** A choice of the languages that the voices speak. */
function LanguageField({ value, onValue }: { value: string; onValue: (language: string) => void }) {
  const [spoken, setSpoken] = useState<string[]>([])
  useEffect(() => {
    void reportErrors(async () => {
      const { items } = await call<Page<Voice>>('GET', '/v1/voices')
      setSpoken(items.flatMap(({ language }) => (language === 'mul' ? [] : primaryLanguage(language))))
    })
  }, [])
  const languages = [...new Set([value, ...spoken])].map((tag) => ({ tag, name: languageName(tag) }))
  return (
    <label class="field">
      <span class="label">{t.lexicon.language}</span>
      <select value={value} onChange={(event) => onValue(event.currentTarget.value)}>
        {languages
          .sort((one, other) => one.name.localeCompare(other.name))
          .map(({ tag, name }) => (
            <option key={tag} value={tag}>
              {name}
            </option>
          ))}
      </select>
    </label>
  )
}

/** Plays a word as its entry has it said. With a `name` the button is an icon. */
export function HearButton({ entry, name }: { entry: EntryDraft; name?: string }) {
  const audio = useRef<HTMLAudioElement | null>(null)
  const [isBusy, setBusy] = useState(false)
  useEffect(() => () => audio.current?.pause(), [])
  const hear = async () => {
    setBusy(true)
    try {
      audio.current?.pause()
      audio.current = new Audio(await loadPreview(entry))
      await audio.current.play()
    } finally {
      setBusy(false)
    }
  }
  return (
    <button
      type="button"
      class={name ? 'quiet square' : 'plain'}
      aria-label={name}
      disabled={isBusy || !isSayable(entry)}
      onClick={() => void reportErrors(hear)}
    >
      <Icon name="play" /> {!name && t.lexicon.hear}
    </button>
  )
}

function Affected({ draft }: { draft: EntryDraft }) {
  const [affected, setAffected] = useState<AffectedText | null>(null)
  const key = JSON.stringify(draft)
  useEffect(() => {
    setAffected(null)
    if (!isSayable(draft)) return
    const controller = new AbortController()
    // An invalid draft is reported when it is saved.
    const count = () => countAffected(draft, controller.signal).then(setAffected, () => undefined)
    const timer = setTimeout(() => void count(), COUNT_DELAY_MS)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [key])
  return (
    <p class="hint" role="status">
      {affected && t.lexicon.affects(affected.documents, affected.characters, affected.is_complete)}
    </p>
  )
}
