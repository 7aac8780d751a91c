import { useEffect, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { errorMessage } from '../api/problem'
import type { Media } from '../library/model'
import { displayName } from '../parts/displayName'
import { FormDialog } from '../parts/FormDialog'
import type { ReadingText } from '../reading_text/text'
import { formatNumber, languageName, t } from '../texts'
import { formatCurrency, formatDuration } from '../texts/format'
import { primaryLanguage } from '../texts/locale'
import { KindChoice } from './KindChoice'
import type { Job, Quote, Voice } from './model'
import { isSkippedWhilePlaying, lastVoice, loadPreferences, preferences, SIDE_KINDS, skipWhilePlaying } from './preferences'
import { VoiceField } from './VoiceField'

// Voices that run in our own functions say their samples when they are listed for the first time.
const SAMPLES_AFTER_MS = 3000

interface Props {
  media: Media
  text: ReadingText
  /** The text position to start at; null for the beginning. */
  startAt: number | null
  onClose: () => void
  onStarted: (job: Job) => void
}

/** Chooses the voice, the start and what is skipped, and shows length and price before anything is charged. */
export function ListenDialog({ media, text, startAt, onClose, onStarted }: Props) {
  const [voices, setVoices] = useState<Voice[]>([])
  const [voice, setVoice] = useState('')
  /** The language to read the text in, chosen because no voice speaks its own. */
  const [language, setLanguage] = useState('')
  const [spoken, setSpoken] = useState<string[]>([])
  const [start, setStart] = useState(startAt)
  /** The kinds to skip; null until the preferences are loaded, which decide then. */
  const [skip, setSkip] = useState<string[] | null>(preferences.peek()?.skip ?? null)
  const [quote, setQuote] = useState<Quote | null>(null)
  const [error, setError] = useState('')
  const isUnspoken = spoken.length > 0 && !language
  const request = { ...(voice ? { voice } : {}), ...(language ? { language } : {}), ...(start ? { start } : {}), ...(skip ? { skip } : {}) }
  const kinds = SIDE_KINDS.filter((kind) => quote?.skippable[kind])

  useEffect(() => {
    loadPreferences().then(
      (loaded) => setSkip(loaded.skip),
      (thrown) => setError(errorMessage(thrown)),
    )
  }, [])
  useEffect(() => {
    let timer = 0
    const load = async (isFirst: boolean) => {
      const { items } = await call<Page<Voice>>('GET', '/v1/voices', { query: { language: language || media.language } })
      setVoices(items)
      if (!items.length) setSpoken(languagesOf((await call<Page<Voice>>('GET', '/v1/voices')).items))
      if (!isFirst) return
      setVoice(items.some(({ id }) => id === lastVoice.peek()) ? lastVoice.peek() : '')
      if (items.some((item) => !item.sample_url)) timer = window.setTimeout(() => load(false).catch(() => undefined), SAMPLES_AFTER_MS)
    }
    load(true).catch((thrown) => setError(errorMessage(thrown)))
    return () => window.clearTimeout(timer)
  }, [language])
  useEffect(() => {
    if (isUnspoken) {
      setError('')
      return
    }
    const controller = new AbortController()
    call<Quote>('POST', `/v1/media/${media.id}/speech/quote`, { body: request, signal: controller.signal }).then(
      (loaded) => {
        setQuote(loaded)
        setError('')
      },
      (thrown) => {
        if (!controller.signal.aborted) setError(errorMessage(thrown))
      },
    )
    return () => controller.abort()
  }, [voice, start, language, isUnspoken, skip])

  const submit = async () => {
    lastVoice.value = voice
    // who has a kind read aloud against the preferences wants to hear it
    for (const kind of kinds) if (skip && !skip.includes(kind) && isSkippedWhilePlaying(kind)) skipWhilePlaying(kind, false)
    onStarted(await call<Job>('POST', `/v1/media/${media.id}/speech`, { body: request, idempotencyKey: crypto.randomUUID() }))
  }
  return (
    <FormDialog title={t.listening.title} action={t.listening.start} onClose={onClose} onSubmit={submit}>
      {spoken.length > 0 && (
        <>
          <p>{t.listening.unspokenLanguage(languageName(media.language ?? ''))}</p>
          <label class="field">
            <span class="label">{t.listening.readAs}</span>
            <select required value={language} onChange={(event) => setLanguage(event.currentTarget.value)}>
              <option value="" />
              {spoken.map((tag) => (
                <option key={tag} value={tag}>
                  {languageName(tag)}
                </option>
              ))}
            </select>
          </label>
        </>
      )}
      {!isUnspoken && <VoiceField voices={voices} value={voice} defaultVoice={quote?.voice} onChange={setVoice} />}
      {(text.chapters.length > 1 || startAt !== null) && (
        <label class="field">
          <span class="label">{t.listening.startFrom}</span>
          <select value={start ?? ''} onChange={(event) => setStart(event.currentTarget.value ? Number(event.currentTarget.value) : null)}>
            <option value="">{t.listening.fromBeginning}</option>
            {startAt !== null && <option value={startAt}>{t.listening.fromPassage(excerpt(text, startAt))}</option>}
            {text.chapters.map((chapter) => (
              <option key={chapter.start} value={chapter.start}>
                {displayName(chapter.title)}
              </option>
            ))}
          </select>
        </label>
      )}
      {skip && kinds.length > 0 && (
        <KindChoice
          label={t.listening.skip}
          kinds={kinds}
          value={skip}
          onValue={setSkip}
          labelOf={(kind) => t.listening.skipOf(t.listening.kinds[kind], formatNumber(quote?.skippable[kind] ?? 0))}
        />
      )}
      <dl class="facts quote" aria-busy={!quote}>
        <dt>{t.listening.length}</dt>
        <dd>{quote ? formatDuration(quote.estimated_audio_ms) : '…'}</dd>
        <dt>{t.listening.characters}</dt>
        <dd>
          {quote ? t.listening.charactersOf(formatNumber(quote.characters)) : '…'}
          {quote && quote.cached_characters > 0 && `, ${t.listening.alreadyGenerated(formatNumber(quote.cached_characters))}`}
        </dd>
        {quote && Object.keys(quote.passage_voices).length > 0 && (
          <>
            <dt>{t.listening.otherLanguages}</dt>
            <dd>{Object.keys(quote.passage_voices).map(languageName).join(', ')}</dd>
          </>
        )}
        <dt>{t.listening.price}</dt>
        <dd>{quote ? (quote.estimated_cost ? formatCurrency(quote.estimated_cost, quote.currency) : t.listening.free) : '…'}</dd>
      </dl>
      <div role="alert">{error && <p class="error-text">{error}</p>}</div>
    </FormDialog>
  )
}

/** The languages of voices, without regions, in the order of their names. */
function languagesOf(voices: Voice[]): string[] {
  const tags = new Set(voices.map((voice) => primaryLanguage(voice.language)))
  return [...tags].sort((one, other) => languageName(one).localeCompare(languageName(other)))
}

/** The sentence at a text position, shortened to fit an option. */
function excerpt(text: ReadingText, position: number): string {
  const [start, end] = text.sentenceAt(position)
  const sentence = text.chunkAt(position)?.slice(start, end) ?? '…'
  return sentence.length > 50 ? `${sentence.slice(0, 48)}…` : sentence
}
