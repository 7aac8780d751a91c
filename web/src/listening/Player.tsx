import { displayName } from '../parts/displayName'
import { Name } from '../parts/Name'
import '../styles/player.css'
import { effect, type Signal } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'
import { call } from '../api/client'
import { Confirm } from '../parts/Dialog'
import { Icon } from '../parts/Icon'
import { Menu, type MenuItem } from '../parts/Menu'
import { announceToScreenReader, reportErrors } from '../parts/toasts'
import { useBarHeight } from '../parts/useBarHeight'
import { isQueueOpen } from '../playing/nowPlaying'
import { IconButton, MainButtons, Progress, SleepTimerMenu, SpeedMenu, useKeyboardShortcuts } from '../playing/PlayerControls'
import { t } from '../texts'
import { EXPORT_FORMATS, exportRecording } from './exports'
import type { Listening } from './listening'
import { isFinished, isInProgress, type Job } from './model'
import { SkipMenu } from './SkipMenu'

interface Props {
  listening: Listening
  /** True if the page scrolls along with the words. */
  isFollowing: Signal<boolean>
  onFollow: () => void
  onListen: () => void
  onRecordings: () => void
  onBookmark: () => void
}

/** The playback controls of a document. */
export function Player({ listening, isFollowing, onFollow, onListen, onRecordings, onBookmark }: Props) {
  const job = listening.job.value
  const bar = useBarHeight('--player-height')
  const sentences = {
    onSentence: (step: -1 | 1) => {
      listening.skipSentence(step)
      if (!listening.isPlayRequested.peek()) onFollow()
    },
  }
  useKeyboardShortcuts(listening, sentences)
  useStatusAnnouncements(listening)
  if (!job)
    return (
      <section class="player" aria-label={t.listening.player} ref={bar}>
        <button type="button" class="primary listen" onClick={onListen}>
          <Icon name="listen" /> {t.listening.listen}
        </button>
      </section>
    )
  return (
    <section class="player" aria-label={t.listening.player} ref={bar}>
      <Progress playback={listening} />
      <div class="player-row">
        <div class="player-state">
          <JobStatus job={job} listening={listening} />
        </div>
        <MainButtons playback={listening} sentences={sentences} />
        <div class="player-more">
          {!isFollowing.value && <IconButton icon="follow" label={t.listening.follow} onClick={onFollow} />}
          <button
            type="button"
            class="quiet square wide-only"
            aria-label={t.annotations.bookmarkSpoken}
            aria-keyshortcuts="b"
            onClick={onBookmark}
          >
            <Icon name="bookmark" />
          </button>
          <SkipMenu listening={listening} />
          <SpeedMenu />
          <SleepTimerMenu playback={listening} />
          <MoreMenu job={job} listening={listening} onListen={onListen} onRecordings={onRecordings} />
        </div>
      </div>
    </section>
  )
}

/** The status of a job in words; empty when its audio is complete and without doubt. */
function statusText(job: Job, readyMs: number): string {
  if (isInProgress(job)) return readyMs === 0 ? t.listening.preparing : t.listening.generating(job.progress.done, job.progress.total)
  if (job.status === 'failed') return `${t.listening.failed}. ${job.error ?? ''}`
  if (job.status === 'cancelled') return t.listening.cancelled
  const notes = []
  if (job.gaps.length) notes.push(t.listening.silentPassages(job.gaps.length))
  if (job.checks.doubtful.length) notes.push(t.listening.doubtfulPassages(job.checks.doubtful.length))
  return notes.join('. ')
}

/** Announce to screen readers when generating starts and ends; its progress and the spoken words are not announced. */
function useStatusAnnouncements(listening: Listening): void {
  useEffect(() => {
    let isGenerating = false
    return effect(() => {
      const job = listening.job.value
      if (!job) return
      if (isInProgress(job)) {
        isGenerating = true
        if (listening.playableMs.value === 0) announceToScreenReader(t.listening.preparing)
      } else if (isGenerating) {
        isGenerating = false
        announceToScreenReader(statusText(job, 0) || t.upload.becameReady(displayName(listening.media.title)))
      }
    })
  }, [listening])
}

function JobStatus({ job, listening }: { job: Job; listening: Listening }) {
  const { done, total } = job.progress
  return (
    <>
      <strong>
        <Name>{listening.chapter.value?.title ?? listening.media.title}</Name>
      </strong>
      {listening.hasFailed.value ? (
        <span class="error-text player-error" role="alert">
          {t.listening.audioUnavailable}{' '}
          <button type="button" class="plain" onClick={() => listening.play()}>
            {t.tryAgain}
          </button>
        </span>
      ) : (
        <span class="dim">{listening.isReconnecting.value ? t.listening.reconnecting : statusText(job, listening.playableMs.value)}</span>
      )}
      {isInProgress(job) && <progress max={total || undefined} value={total ? done : undefined} aria-label={t.listening.preparing} />}
    </>
  )
}

interface MoreProps {
  job: Job
  listening: Listening
  onListen: () => void
  onRecordings: () => void
}

function MoreMenu({ job, listening, onListen, onRecordings }: MoreProps) {
  const [isConfirming, setConfirming] = useState(false)
  const run = (action: () => Promise<Job | undefined>) =>
    reportErrors(async () => {
      const changed = await action()
      const startAt = listening.textPosition.peek()
      if (changed) await listening.load(changed, { play: listening.isPlayRequested.peek(), ...(startAt === null ? {} : { startAt }) })
    })
  const openQueue = () => {
    isQueueOpen.value = true
  }
  const items: MenuItem[] = [
    { label: t.listening.recordings, icon: 'listen', onSelect: onRecordings },
    { label: t.listening.anotherVoice, icon: 'voice', onSelect: onListen },
    { label: t.queue.title, icon: 'queue', onSelect: openQueue },
  ]
  if (isInProgress(job))
    items.push({
      label: t.listening.stopGenerating,
      icon: 'close',
      onSelect: () => void run(() => call<Job>('POST', `/v1/speech/${job.id}/cancel`)),
    })
  if (job.status === 'failed' || job.status === 'partial' || job.status === 'cancelled')
    items.push({
      label: t.listening.retryMissing,
      icon: 'restore',
      onSelect: () => void run(() => call<Job>('POST', `/v1/speech/${job.id}/retry`)),
    })
  if (isFinished(job))
    for (const format of EXPORT_FORMATS)
      items.push({ label: t.listening.exports[format], icon: 'download', onSelect: () => void exportRecording(job, format) })
  if (!isInProgress(job))
    items.push({ label: t.listening.deleteRecording, icon: 'trash', danger: true, onSelect: () => setConfirming(true) })
  return (
    <>
      <Menu label={t.more} items={items}>
        <Icon name="more" />
      </Menu>
      {isConfirming && (
        <Confirm
          title={t.listening.deleteTitle}
          text={t.listening.deleteText}
          action={t.delete}
          onConfirm={() =>
            void run(async () => {
              await call('DELETE', `/v1/speech/${job.id}`)
              listening.clear()
              return undefined
            })
          }
          onClose={() => setConfirming(false)}
        />
      )}
    </>
  )
}
