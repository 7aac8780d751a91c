import { useEffect, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { errorMessage } from '../api/problem'
import { Confirm, Dialog } from '../parts/Dialog'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { reportErrors } from '../parts/toasts'
import { languageName, t } from '../texts'
import { formatDateTime, formatTime } from '../texts/format'
import type { Listening } from './listening'
import { isInProgress, type Job, type Voice } from './model'
import { isPlayable, listRecordings } from './recordings'

const POLL_INTERVAL_MS = 3000

interface Props {
  listening: Listening
  onClose: () => void
  /** Make another recording. */
  onNew: () => void
  onOpen: (job: Job) => void
}

/** All recordings of a document: which voice reads how much of it, and when it was made. Choosing one plays it; all are kept. */
export function RecordingsDialog({ listening, onClose, onNew, onOpen }: Props) {
  const [jobs, setJobs] = useState<Job[] | null>(null)
  const [voices, setVoices] = useState<ReadonlyMap<string, Voice>>(new Map())
  const [deleting, setDeleting] = useState<Job | null>(null)
  const [error, setError] = useState('')
  const load = () => listRecordings(listening.media.id).then(setJobs, (thrown) => setError(errorMessage(thrown)))
  useEffect(() => {
    void load()
    call<Page<Voice>>('GET', '/v1/voices').then(
      ({ items }) => setVoices(new Map(items.map((voice) => [voice.id, voice]))),
      () => undefined, // their ids are shown
    )
  }, [])
  const isGrowing = jobs?.some(isInProgress) ?? false
  useEffect(() => {
    if (!isGrowing) return
    const timer = setInterval(load, POLL_INTERVAL_MS)
    return () => clearInterval(timer)
  }, [isGrowing])
  const remove = (job: Job) =>
    reportErrors(async () => {
      await call('DELETE', `/v1/speech/${job.id}`)
      if (listening.job.peek()?.id === job.id) listening.clear()
      await load()
    })
  const currentId = listening.job.value?.id
  return (
    <Dialog title={t.listening.recordings} onClose={onClose}>
      {!jobs && !error && <output class="spinner" aria-label={t.loading} />}
      <div role="alert">{error && <p class="error-text">{error}</p>}</div>
      <ul class="recordings">
        {jobs?.map((job) => (
          <li key={job.id} class={job.id === currentId ? 'current' : ''}>
            <button
              type="button"
              class="quiet recording"
              aria-current={job.id === currentId}
              disabled={!isPlayable(job)}
              onClick={() => {
                onOpen(job)
                onClose()
              }}
            >
              <Icon name={job.id === currentId ? 'check' : 'play'} />
              <span class="recording-text">
                <strong>{voiceName(voices.get(job.voice), job)}</strong>
                <span class="dim">{factsOf(job, listening.text.length).join(' · ')}</span>
                {job.start > 0 && (
                  <span class="dim">{t.listening.startsWith(displayName(listening.text.chapterAt(job.start)?.title ?? ''))}</span>
                )}
              </span>
            </button>
            {!isInProgress(job) && (
              <button
                type="button"
                class="quiet square"
                aria-label={t.listening.deleteRecordingOf(voiceName(voices.get(job.voice), job))}
                onClick={() => setDeleting(job)}
              >
                <Icon name="trash" size={18} />
              </button>
            )}
          </li>
        ))}
      </ul>
      <div class="dialog-footer">
        <button type="button" class="primary" onClick={onNew}>
          <Icon name="plus" /> {t.listening.newRecording}
        </button>
      </div>
      {deleting && (
        <Confirm
          title={t.listening.deleteTitle}
          text={t.listening.deleteText}
          action={t.delete}
          onConfirm={() => void remove(deleting)}
          onClose={() => setDeleting(null)}
        />
      )}
    </Dialog>
  )
}

const voiceName = (voice: Voice | undefined, job: Job) =>
  voice ? `${voice.display_name} · ${t.listening.quality[voice.quality]}` : languageName(job.language)

/** How much of the text a recording reads, its length, state and time. */
function factsOf(job: Job, textLength: number): string[] {
  const share = Math.round((100 * (job.end - job.start)) / Math.max(1, textLength))
  const state = isInProgress(job)
    ? t.listening.generating(job.progress.done, job.progress.total)
    : { done: '', partial: t.listening.silentPassages(job.gaps.length), failed: t.listening.failed, cancelled: t.listening.cancelled }[
        job.status as 'done' | 'partial' | 'failed' | 'cancelled'
      ]
  return [
    share >= 100 ? t.listening.wholeText : t.listening.percentOfText(Math.max(1, share)),
    job.duration_ms ? formatTime(job.duration_ms) : '',
    state,
    formatDateTime(job.created_at),
  ].filter(Boolean)
}
