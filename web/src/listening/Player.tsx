import '../styles/player.css'
import { effect, type Signal } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'
import { call } from '../api/client'
import { sentence } from '../api/problem'
import { Confirm } from '../parts/Dialog'
import { Icon } from '../parts/Icon'
import { type Choice, Menu } from '../parts/Menu'
import { announce, tell } from '../parts/toasts'
import { t } from '../texts'
import { clock } from '../texts/format'
import { RATES, rate } from './audioPlayer'
import { FORMATS, takeAlong } from './exports'
import type { Listening } from './listening'
import { SKIP_MS } from './mediaKeys'
import { isFinished, isUnderWay, type Job } from './model'

const SLEEP_MINUTES = [5, 15, 30, 60]

interface Props {
  listening: Listening
  follows: Signal<boolean>
  onFollow: () => void
  onListen: () => void
}

/** What one holds in the hand while listening. */
export function Player({ listening, follows, onFollow, onListen }: Props) {
  const job = listening.job.value
  useKeys(listening)
  useTurns(listening)
  if (!job)
    return (
      <section class="player" aria-label={t.listening.player}>
        <button type="button" class="primary listen" onClick={onListen}>
          <Icon name="listen" /> {t.listening.listen}
        </button>
      </section>
    )
  const { sound } = listening
  const isOn = sound.isOn.value && !listening.isBroken.value
  return (
    <section class="player" aria-label={t.listening.player}>
      <Progress listening={listening} />
      <div class="player-row">
        <div class="player-state">
          <State job={job} listening={listening} />
        </div>
        <div class="player-main">
          <Press icon="back" label={t.listening.previousSentence} onPress={() => listening.skipSentence(-1)} />
          <button type="button" class="quiet skip-button" aria-label={t.listening.back15} onClick={() => listening.skip(-SKIP_MS)}>
            −15
          </button>
          <button
            type="button"
            class={`primary play ${sound.isWaiting.value ? 'waiting' : ''}`}
            aria-label={isOn ? t.listening.pause : t.listening.play}
            onClick={() => listening.toggle()}
          >
            <Icon name={isOn ? 'pause' : 'play'} size={26} />
          </button>
          <button type="button" class="quiet skip-button" aria-label={t.listening.forward15} onClick={() => listening.skip(SKIP_MS)}>
            +15
          </button>
          <Press icon="forward" label={t.listening.nextSentence} onPress={() => listening.skipSentence(1)} />
        </div>
        <div class="player-more">
          {!follows.value && <Press icon="follow" label={t.listening.follow} onPress={onFollow} />}
          <Speed />
          <Sleep listening={listening} />
          <More job={job} listening={listening} onListen={onListen} />
        </div>
      </div>
    </section>
  )
}

function Press({ icon, label, onPress }: { icon: 'back' | 'forward' | 'follow'; label: string; onPress: () => void }) {
  return (
    <button type="button" class="quiet square" aria-label={label} onClick={onPress}>
      <Icon name={icon} />
    </button>
  )
}

/** Space and arrows, where nothing else wants them. */
function useKeys(listening: Listening): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
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
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [listening])
}

function Progress({ listening }: { listening: Listening }) {
  const job = listening.job.value
  const all = Math.max(job?.duration_ms ?? 0, listening.readyMs.value)
  const at = Math.min(listening.sound.atMs.value, all)
  return (
    <div class="player-line">
      <span class="time">{clock(at)}</span>
      <input
        type="range"
        min={0}
        max={Math.max(1, Math.round(all))}
        step={1000}
        value={Math.round(at)}
        disabled={all === 0}
        aria-label={t.listening.place}
        aria-valuetext={t.listening.placeOf(clock(at), clock(all))}
        onInput={(event) => listening.seek(event.currentTarget.valueAsNumber)}
      />
      <span class="time">{clock(all)}</span>
    </div>
  )
}

/** How far a reading is made. */
function stateOf(job: Job, readyMs: number): string {
  if (isUnderWay(job)) return readyMs === 0 ? t.listening.preparing : t.listening.speaking(job.progress.done, job.progress.total)
  if (job.status === 'failed') return `${t.listening.failed}. ${job.error ?? ''}`
  if (job.status === 'cancelled') return t.listening.cancelled
  return job.gaps.length ? t.listening.gaps(job.gaps.length) : ''
}

/** The turns of a reading that one waits for, for those who do not see them: not every part, and never the words. */
function useTurns(listening: Listening): void {
  useEffect(() => {
    let isAwaited = false
    return effect(() => {
      const job = listening.job.value
      if (!job) return
      if (isUnderWay(job)) {
        isAwaited = true
        if (listening.readyMs.value === 0) announce(t.listening.preparing)
      } else if (isAwaited) {
        isAwaited = false
        announce(stateOf(job, 0) || t.upload.becameReady(listening.title))
      }
    })
  }, [listening])
}

function State({ job, listening }: { job: Job; listening: Listening }) {
  const { done, total } = job.progress
  return (
    <>
      <strong>{listening.chapter.value?.title ?? listening.title}</strong>
      {listening.isBroken.value ? (
        <span class="bad" role="alert">
          {t.listening.broken}{' '}
          <button type="button" class="plain" onClick={() => listening.play()}>
            {t.tryAgain}
          </button>
        </span>
      ) : (
        <span class="dim">{stateOf(job, listening.readyMs.value)}</span>
      )}
      {isUnderWay(job) && <progress max={total || undefined} value={total ? done : undefined} aria-label={t.listening.preparing} />}
    </>
  )
}

function Speed() {
  const choices = RATES.map((value) => ({
    label: t.listening.speedOf(value),
    checked: rate.value === value,
    onChoose: () => {
      rate.value = value
    },
  }))
  return (
    <Menu label={`${t.listening.speed}: ${t.listening.speedOf(rate.value)}`} class="quiet" choices={choices}>
      <span aria-hidden="true">{t.listening.speedOf(rate.value)}</span>
    </Menu>
  )
}

function Sleep({ listening }: { listening: Listening }) {
  const due = listening.sleepAt.value
  const [, tick] = useState(0)
  useEffect(() => {
    if (typeof due !== 'number') return
    const timer = setInterval(() => tick((n) => n + 1), 1000)
    return () => clearInterval(timer)
  }, [due])
  const set = (value: number | 'chapter' | null) => {
    listening.sleepAt.value = value
  }
  const choices: Choice[] = [
    { label: t.listening.sleepOff, checked: due === null, onChoose: () => set(null) },
    ...SLEEP_MINUTES.map((minutes) => ({
      label: t.listening.sleepIn(minutes),
      checked: false,
      onChoose: () => set(Date.now() + minutes * 60_000),
    })),
  ]
  if (listening.text.chapters.length)
    choices.push({ label: t.listening.sleepChapter, checked: due === 'chapter', onChoose: () => set('chapter') })
  const left = typeof due === 'number' ? t.listening.sleepLeft(clock(due - Date.now())) : due ? t.listening.sleepChapter : t.listening.sleep
  return (
    <Menu label={left} class={`quiet square ${due ? 'on' : ''}`} choices={choices}>
      <Icon name="sleep" />
    </Menu>
  )
}

function More({ job, listening, onListen }: { job: Job; listening: Listening; onListen: () => void }) {
  const [isAsking, setAsking] = useState(false)
  const act = async (work: () => Promise<Job | undefined>) => {
    try {
      const after = await work()
      const at = listening.place.peek()
      if (after) await listening.take(after, { play: listening.sound.isOn.peek(), ...(at === null ? {} : { at }) })
    } catch (error) {
      tell(sentence(error), { isError: true })
    }
  }
  const choices: Choice[] = [{ label: t.listening.otherReading, icon: 'voice', onChoose: onListen }]
  if (isUnderWay(job))
    choices.push({
      label: t.listening.cancelJob,
      icon: 'close',
      onChoose: () => void act(() => call<Job>('POST', `/v1/speech/${job.id}/cancel`)),
    })
  if (job.status === 'failed' || job.status === 'partial' || job.status === 'cancelled')
    choices.push({
      label: t.listening.retryJob,
      icon: 'restore',
      onChoose: () => void act(() => call<Job>('POST', `/v1/speech/${job.id}/retry`)),
    })
  if (isFinished(job))
    for (const format of FORMATS)
      choices.push({ label: t.listening.exports[format], icon: 'download', onChoose: () => void takeAlong(job, format) })
  if (!isUnderWay(job)) choices.push({ label: t.listening.deleteJob, icon: 'trash', danger: true, onChoose: () => setAsking(true) })
  return (
    <>
      <Menu label={t.more} choices={choices}>
        <Icon name="more" />
      </Menu>
      {isAsking && (
        <Confirm
          title={t.listening.deleteTitle}
          text={t.listening.deleteText}
          action={t.remove}
          onYes={() =>
            void act(async () => {
              await call('DELETE', `/v1/speech/${job.id}`)
              listening.forget()
              return undefined
            })
          }
          onClose={() => setAsking(false)}
        />
      )}
    </>
  )
}
