import { useEffect, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { errorMessage } from '../api/problem'
import type { Media } from '../library/model'
import { displayName } from '../parts/displayName'
import { FormDialog } from '../parts/FormDialog'
import { persistedSignal } from '../platform/preferences'
import type { ReadingText } from '../reading_text/text'
import { formatNumber, languageName, t } from '../texts'
import { formatCurrency, formatDuration } from '../texts/format'
import type { Job, Quote, Voice } from './model'

const preferredVoice = persistedSignal('voice', '')

interface Props {
  media: Media
  text: ReadingText
  /** The text position to start at; null for the beginning. */
  startAt: number | null
  onClose: () => void
  onStarted: (job: Job) => void
}

/** Chooses the voice and the start, and shows length and price before anything is charged. */
export function ListenDialog({ media, text, startAt, onClose, onStarted }: Props) {
  const [voices, setVoices] = useState<Voice[]>([])
  const [voice, setVoice] = useState('')
  const [start, setStart] = useState(startAt)
  const [quote, setQuote] = useState<Quote | null>(null)
  const [error, setError] = useState('')
  const request = { ...(voice ? { voice } : {}), ...(start ? { start } : {}) }

  useEffect(() => {
    call<Page<Voice>>('GET', '/v1/voices', { query: { language: media.language } }).then(
      ({ items }) => {
        setVoices(items)
        if (items.some(({ id }) => id === preferredVoice.peek())) setVoice(preferredVoice.peek())
      },
      (thrown) => setError(errorMessage(thrown)),
    )
  }, [])
  useEffect(() => {
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
  }, [voice, start])

  const submit = async () => {
    preferredVoice.value = voice
    onStarted(await call<Job>('POST', `/v1/media/${media.id}/speech`, { body: request, idempotencyKey: crypto.randomUUID() }))
  }
  return (
    <FormDialog title={t.listening.title} action={t.listening.start} onClose={onClose} onSubmit={submit}>
      <label class="field">
        <span class="label">{t.listening.voice}</span>
        <select value={voice} onChange={(event) => setVoice(event.currentTarget.value)}>
          <option value="">{t.listening.defaultVoice}</option>
          {voices.map((option) => (
            <option key={option.id} value={option.id}>
              {option.name} · {languageName(option.language)} · {option.provider} ·{' '}
              {option.marks ? t.listening.exactHighlighting : t.listening.approximateHighlighting}
            </option>
          ))}
        </select>
      </label>
      {(text.chapters.length > 1 || startAt !== null) && (
        <label class="field">
          <span class="label">{t.listening.startFrom}</span>
          <select value={start ?? ''} onChange={(event) => setStart(event.currentTarget.value ? Number(event.currentTarget.value) : null)}>
            <option value="">{t.listening.fromBeginning}</option>
            {startAt !== null && <option value={startAt}>“{excerpt(text, startAt)}”</option>}
            {text.chapters.map((chapter) => (
              <option key={chapter.start} value={chapter.start}>
                {displayName(chapter.title)}
              </option>
            ))}
          </select>
        </label>
      )}
      <dl class="facts quote" aria-busy={!quote}>
        <dt>{t.listening.length}</dt>
        <dd>{quote ? formatDuration(quote.estimated_audio_ms) : '…'}</dd>
        <dt>{t.listening.characters}</dt>
        <dd>
          {quote ? t.listening.charactersOf(formatNumber(quote.characters)) : '…'}
          {quote && quote.cached_characters > 0 && `, ${t.listening.alreadyGenerated(formatNumber(quote.cached_characters))}`}
        </dd>
        <dt>{t.listening.price}</dt>
        <dd>{quote ? (quote.estimated_cost ? formatCurrency(quote.estimated_cost, quote.currency) : t.listening.free) : '…'}</dd>
      </dl>
      <div role="alert">{error && <p class="error-text">{error}</p>}</div>
    </FormDialog>
  )
}

/** The sentence at a text position, shortened to fit an option. */
function excerpt(text: ReadingText, position: number): string {
  const [start, end] = text.sentenceAt(position)
  const sentence = text.chunkAt(position)?.slice(start, end) ?? '…'
  return sentence.length > 50 ? `${sentence.slice(0, 48)}…` : sentence
}
