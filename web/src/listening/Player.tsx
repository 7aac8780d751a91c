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
import { t } from '../texts'
import { formatTime } from '../texts/format'
import { PLAYBACK_RATES, playbackRate } from './audioPlayer'
import { EXPORT_FORMATS, exportRecording } from './exports'
import type { Listening } from './listening'
import { SKIP_MS } from './mediaKeys'
import { isFinished, isInProgress, type Job } from './model'
import { SkipMenu } from './SkipMenu'

const SLEEP_MINUTES = [5, 15, 30, 60]

interface Props {
  listening: Listening
  /** True if the page scrolls along with the words. */
  isFollowing: Signal<boolean>
  onFollow: () => void
  onListen: () => void
}

/** The playback controls. */
export function Player({ listening, isFollowing, onFollow, onListen }: Props) {
  const job = listening.job.value
  useKeyboardShortcuts(listening)
  useStatusAnnouncements(listening)
  if (!job)
    return (
      <section class="player" aria-label={t.listening.player}>
        <button type="button" class="primary listen" onClick={onListen}>
          <Icon name="listen" /> {t.listening.listen}
        </button>
      </section>
    )
  const { player } = listening
  const isPlaying = player.isPlayRequested.value && !listening.hasFailed.value
  return (
    <section class="player" aria-label={t.listening.player}>
      <Progress listening={listening} />
      <div class="player-row">
        <div class="player-state">
          <JobStatus job={job} listening={listening} />
        </div>
        <div class="player-main">
          <IconButton icon="back" label={t.listening.previousSentence} onClick={() => listening.skipSentence(-1)} />
          <button type="button" class="quiet skip-button" aria-label={t.listening.back15} onClick={() => listening.skip(-SKIP_MS)}>
            −15
          </button>
          <button
            type="button"
            class={`primary play ${player.isWaiting.value ? 'waiting' : ''}`}
            aria-label={isPlaying ? t.listening.pause : t.listening.play}
            onClick={() => listening.toggle()}
          >
            <Icon name={isPlaying ? 'pause' : 'play'} size={26} />
          </button>
          <button type="button" class="quiet skip-button" aria-label={t.listening.forward15} onClick={() => listening.skip(SKIP_MS)}>
            +15
          </button>
          <IconButton icon="forward" label={t.listening.nextSentence} onClick={() => listening.skipSentence(1)} />
        </div>
        <div class="player-more">
          {!isFollowing.value && <IconButton icon="follow" label={t.listening.follow} onClick={onFollow} />}
          <SkipMenu listening={listening} />
          <SpeedMenu />
          <SleepTimerMenu listening={listening} />
          <MoreMenu job={job} listening={listening} onListen={onListen} />
        </div>
      </div>
    </section>
  )
}

function IconButton({ icon, label, onClick }: { icon: 'back' | 'forward' | 'follow'; label: string; onClick: () => void }) {
  return (
    <button type="button" class="quiet square" aria-label={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  )
}

/** Space, arrow keys and brackets control the playback, unless the focused element uses them. */
function useKeyboardShortcuts(listening: Listening): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement
      if (event.ctrlKey || event.metaKey || event.altKey || !listening.job.peek()) return
      if (target.closest('input, textarea, select, dialog, button, a, summary, audio, video, [role=menu]')) return
      if (event.key === ' ') listening.toggle()
      else if (event.key === 'ArrowLeft') listening.skip(-SKIP_MS)
      else if (event.key === 'ArrowRight') listening.skip(SKIP_MS)
      else if (event.key === '[') listening.skipSentence(-1)
      else if (event.key === ']') listening.skipSentence(1)
      else return
      event.preventDefault()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [listening])
}

function Progress({ listening }: { listening: Listening }) {
  const job = listening.job.value
  const totalMs = Math.max(job?.duration_ms ?? 0, listening.playableMs.value)
  const positionMs = Math.min(listening.player.positionMs.value, totalMs)
  return (
    <div class="player-progress">
      <span class="time">{formatTime(positionMs)}</span>
      <input
        type="range"
        min={0}
        max={Math.max(1, Math.round(totalMs))}
        step={1000}
        value={Math.round(positionMs)}
        disabled={totalMs === 0}
        aria-label={t.listening.position}
        aria-valuetext={t.listening.positionOf(formatTime(positionMs), formatTime(totalMs))}
        onInput={(event) => listening.seek(event.currentTarget.valueAsNumber)}
      />
      <span class="time">{formatTime(totalMs)}</span>
    </div>
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
        announceToScreenReader(statusText(job, 0) || t.upload.becameReady(displayName(listening.title)))
      }
    })
  }, [listening])
}

function JobStatus({ job, listening }: { job: Job; listening: Listening }) {
  const { done, total } = job.progress
  return (
    <>
      <strong>
        <Name>{listening.chapter.value?.title ?? listening.title}</Name>
      </strong>
      {listening.hasFailed.value ? (
        <span class="error-text" role="alert">
          {t.listening.audioUnavailable}{' '}
          <button type="button" class="plain" onClick={() => listening.play()}>
            {t.tryAgain}
          </button>
        </span>
      ) : (
        <span class="dim">{statusText(job, listening.playableMs.value)}</span>
      )}
      {isInProgress(job) && <progress max={total || undefined} value={total ? done : undefined} aria-label={t.listening.preparing} />}
    </>
  )
}

function SpeedMenu() {
  const items = PLAYBACK_RATES.map((value) => ({
    label: t.listening.speedOf(value),
    checked: playbackRate.value === value,
    onSelect: () => {
      playbackRate.value = value
    },
  }))
  return (
    <Menu label={`${t.listening.speed}: ${t.listening.speedOf(playbackRate.value)}`} class="quiet" items={items}>
      <span aria-hidden="true">{t.listening.speedOf(playbackRate.value)}</span>
    </Menu>
  )
}

function SleepTimerMenu({ listening }: { listening: Listening }) {
  const due = listening.sleepAt.value
  const [, rerender] = useState(0)
  useEffect(() => {
    if (typeof due !== 'number') return
    const timer = setInterval(() => rerender((n) => n + 1), 1000)
    return () => clearInterval(timer)
  }, [due])
  const set = (value: number | 'chapter' | null) => {
    listening.sleepAt.value = value
  }
  const items: MenuItem[] = [
    { label: t.listening.sleepOff, checked: due === null, onSelect: () => set(null) },
    ...SLEEP_MINUTES.map((minutes) => ({
      label: t.listening.sleepIn(minutes),
      checked: false,
      onSelect: () => set(Date.now() + minutes * 60_000),
    })),
  ]
  if (listening.text.chapters.length)
    items.push({ label: t.listening.sleepChapter, checked: due === 'chapter', onSelect: () => set('chapter') })
  const label =
    typeof due === 'number' ? t.listening.sleepRemaining(formatTime(due - Date.now())) : due ? t.listening.sleepChapter : t.listening.sleep
  return (
    <Menu label={label} class={`quiet square ${due ? 'on' : ''}`} items={items}>
      <Icon name="sleep" />
    </Menu>
  )
}

function MoreMenu({ job, listening, onListen }: { job: Job; listening: Listening; onListen: () => void }) {
  const [isConfirming, setConfirming] = useState(false)
  const run = (action: () => Promise<Job | undefined>) =>
    reportErrors(async () => {
      const changed = await action()
      const startAt = listening.textPosition.peek()
      if (changed) await listening.load(changed, { play: listening.isPlayRequested.peek(), ...(startAt === null ? {} : { startAt }) })
    })
  const items: MenuItem[] = [{ label: t.listening.anotherVoice, icon: 'voice', onSelect: onListen }]
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
