import { useEffect, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { sentence } from '../api/problem'
import type { Media } from '../library/model'
import { Ask } from '../parts/FormDialog'
import { remembered } from '../platform/preferences'
import type { ReadingText } from '../reading_text/text'
import { count, languageName, t } from '../texts'
import { length, money } from '../texts/format'
import type { Job, Quote, Voice } from './model'

const chosen = remembered('voice', '')

interface Props {
  media: Media
  text: ReadingText
  from: number | null
  onClose: () => void
  onStarted: (job: Job) => void
}

/** Which voice, from where on, and what it costs: before anything is paid. */
export function Listen({ media, text, from, onClose, onStarted }: Props) {
  const [voices, setVoices] = useState<Voice[]>([])
  const [voice, setVoice] = useState('')
  const [start, setStart] = useState(from)
  const [quote, setQuote] = useState<Quote | null>(null)
  const [error, setError] = useState('')
  const wish = { ...(voice ? { voice } : {}), ...(start ? { start } : {}) }

  useEffect(() => {
    const wanted = media.language ? { language: media.language } : {}
    call<Page<Voice>>('GET', '/v1/voices', { query: wanted }).then(
      ({ items }) => {
        setVoices(items)
        if (items.some((one) => one.id === chosen.peek())) setVoice(chosen.peek())
      },
      (problem) => setError(sentence(problem)),
    )
  }, [])
  useEffect(() => {
    const abort = new AbortController()
    call<Quote>('POST', `/v1/media/${media.id}/speech/quote`, { body: wish, signal: abort.signal }).then(
      (answer) => {
        setQuote(answer)
        setError('')
      },
      (problem) => {
        if (!abort.signal.aborted) setError(sentence(problem))
      },
    )
    return () => abort.abort()
  }, [voice, start])

  const submit = async () => {
    chosen.value = voice
    onStarted(await call<Job>('POST', `/v1/media/${media.id}/speech`, { body: wish, idempotencyKey: crypto.randomUUID() }))
  }
  return (
    <Ask title={t.listening.title} action={t.listening.start} onClose={onClose} onSubmit={submit}>
      <label class="field">
        <span class="label">{t.listening.voice}</span>
        <select value={voice} onChange={(event) => setVoice(event.currentTarget.value)}>
          <option value="">{t.listening.anyVoice}</option>
          {voices.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name} · {languageName(one.language)} · {one.provider} · {one.marks ? t.listening.exactMarks : t.listening.estimatedMarks}
            </option>
          ))}
        </select>
      </label>
      {(text.chapters.length > 1 || from !== null) && (
        <label class="field">
          <span class="label">{t.listening.fromChapter}</span>
          <select value={start ?? ''} onChange={(event) => setStart(event.currentTarget.value ? Number(event.currentTarget.value) : null)}>
            <option value="">{t.listening.whole}</option>
            {from !== null && <option value={from}>“{excerpt(text, from)}”</option>}
            {text.chapters.map((chapter) => (
              <option key={chapter.start} value={chapter.start}>
                {chapter.title}
              </option>
            ))}
          </select>
        </label>
      )}
      <dl class="facts quote" aria-busy={!quote}>
        <dt>{t.listening.length}</dt>
        <dd>{quote ? length(quote.estimated_audio_ms) : '…'}</dd>
        <dt>{t.listening.characters}</dt>
        <dd>
          {quote ? t.listening.charactersOf(count(quote.characters)) : '…'}
          {quote && quote.cached_characters > 0 && `, ${t.listening.cached(count(quote.cached_characters))}`}
        </dd>
        <dt>{t.listening.price}</dt>
        <dd>{quote ? (quote.estimated_cost ? money(quote.estimated_cost, quote.currency) : t.listening.free) : '…'}</dd>
      </dl>
      <div role="alert">{error && <p class="error-text">{error}</p>}</div>
    </Ask>
  )
}

function excerpt(text: ReadingText, from: number): string {
  const [start, end] = text.sentenceAt(from)
  const words = text.at(from)?.between(start, end) ?? '…'
  return words.length > 50 ? `${words.slice(0, 48)}…` : words
}
