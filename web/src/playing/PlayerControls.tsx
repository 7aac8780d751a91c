import { useEffect, useRef, useState } from 'preact/hooks'
import { Icon, type IconName } from '../parts/Icon'
import { Menu, type MenuItem } from '../parts/Menu'
import { persistedSignal } from '../platform/preferences'
import { t } from '../texts'
import { formatTime } from '../texts/format'
import { PLAYBACK_RATES, playbackRate } from './audioPlayer'
import { SKIP_MS } from './mediaKeys'
import { isActive, type Playback, skipChapter, toggle } from './model'
import { isQueueOpen, sleepAt } from './nowPlaying'
import { sleepRemainingMs } from './sleepTimer'

const SLEEP_MINUTES = [5, 15, 30, 60]
const MAX_TICKS = 200 // more would be a solid line
const showsRemaining = persistedSignal('showsRemainingTime', false)

interface SentenceSkips {
  onSentence: (step: -1 | 1) => void
}

export function IconButton({ icon, label, onClick }: { icon: IconName; label: string; onClick: () => void }) {
  return (
    <button type="button" class="quiet square" aria-label={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  )
}

export function PlayButton({ playback, size = 26 }: { playback: Playback; size?: number }) {
  const isPlaying = isActive(playback)
  return (
    <button
      type="button"
      class={`primary play ${playback.isWaiting.value ? 'waiting' : ''}`}
      aria-label={isPlaying ? t.listening.pause : t.listening.play}
      onClick={() => toggle(playback)}
    >
      <Icon name={isPlaying ? 'pause' : 'play'} size={size} />
    </button>
  )
}

export function SkipButton({ playback, step }: { playback: Playback; step: -1 | 1 }) {
  return (
    <button
      type="button"
      class="quiet skip-button"
      aria-label={step < 0 ? t.listening.back15 : t.listening.forward15}
      onClick={() => playback.skip(step * SKIP_MS)}
    >
      {step < 0 ? '−15' : '+15'}
    </button>
  )
}

/** Play, 15 seconds back and forward, and where there are any: sentences and chapters. */
export function MainButtons({ playback, sentences }: { playback: Playback; sentences?: SentenceSkips }) {
  const hasChapters = playback.chapters.value.length > 1
  const group = (step: -1 | 1) => {
    const isBack = step < 0
    const sentence = sentences && (
      <IconButton
        icon={isBack ? 'back' : 'forward'}
        label={isBack ? t.listening.previousSentence : t.listening.nextSentence}
        onClick={() => sentences.onSentence(step)}
      />
    )
    const chapter = hasChapters && (
      <IconButton
        icon={isBack ? 'previousChapter' : 'nextChapter'}
        label={isBack ? t.listening.previousChapter : t.listening.nextChapter}
        onClick={() => skipChapter(playback, step)}
      />
    )
    return { sentence, chapter }
  }
  const back = group(-1)
  const forward = group(1)
  return (
    <div class="player-main">
      {back.chapter}
      {back.sentence}
      <SkipButton playback={playback} step={-1} />
      <PlayButton playback={playback} />
      <SkipButton playback={playback} step={1} />
      {forward.sentence}
      {forward.chapter}
    </div>
  )
}

/** The position: a slider with a tick where each chapter starts, and the time. */
export function Progress({ playback }: { playback: Playback }) {
  const totalMs = playback.durationMs.value
  const positionMs = Math.min(playback.positionMs.value, totalMs)
  const end = showsRemaining.value ? `−${formatTime((totalMs - positionMs) / playbackRate.value)}` : formatTime(totalMs)
  const ticks = playback.chapters.value.slice(1, MAX_TICKS)
  return (
    <div class="player-progress">
      <span class="time">{formatTime(positionMs)}</span>
      <div class="player-slider">
        {totalMs > 0 &&
          ticks.map(({ startMs }) => <i key={startMs} class="tick" style={{ '--at': String(startMs / totalMs) }} aria-hidden="true" />)}
        <input
          type="range"
          min={0}
          max={Math.max(1, Math.round(totalMs))}
          step={1000}
          value={Math.round(positionMs)}
          disabled={totalMs === 0}
          aria-label={t.listening.position}
          aria-valuetext={t.listening.positionOf(formatTime(positionMs), formatTime(totalMs))}
          onInput={(event) => playback.seek(event.currentTarget.valueAsNumber)}
        />
      </div>
      <button
        type="button"
        class="time quiet"
        aria-label={`${end}. ${showsRemaining.value ? t.listening.showTotal : t.listening.showRemaining}`}
        onClick={() => {
          showsRemaining.value = !showsRemaining.peek()
        }}
      >
        {end}
      </button>
    </div>
  )
}

export function SpeedMenu() {
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

/** Sets the sleep timer, and shows the time that is left. */
export function SleepTimerMenu({ playback }: { playback: Playback }) {
  const due = sleepAt.value
  const [, rerender] = useState(0)
  useEffect(() => {
    if (typeof due !== 'number') return
    const timer = setInterval(() => rerender((n) => n + 1), 1000)
    return () => clearInterval(timer)
  }, [due])
  const remainingMs = sleepRemainingMs(playback)
  const remaining = remainingMs === null ? '' : formatTime(remainingMs)
  const set = (value: number | 'chapter' | null) => {
    sleepAt.value = value
  }
  const items: MenuItem[] = [
    { label: t.listening.sleepOff, checked: due === null, onSelect: () => set(null) },
    ...SLEEP_MINUTES.map((minutes) => ({
      label: t.listening.sleepIn(minutes),
      checked: false,
      onSelect: () => set(Date.now() + minutes * 60_000),
    })),
  ]
  if (playback.chapters.value.length)
    items.push({ label: t.listening.sleepChapter, checked: due === 'chapter', onSelect: () => set('chapter') })
  return (
    <Menu
      label={remaining ? t.listening.sleepRemaining(remaining) : due ? t.listening.sleepChapter : t.listening.sleep}
      class={due ? 'quiet sleep on' : 'quiet square'}
      items={items}
    >
      <Icon name="sleep" />
      {remaining && <span aria-hidden="true">{remaining}</span>}
    </Menu>
  )
}

export function QueueButton() {
  const open = () => {
    isQueueOpen.value = true
  }
  return <IconButton icon="queue" label={t.queue.title} onClick={open} />
}

/** Space and arrow keys control the playback, and brackets skip sentences, unless the focused element uses them. */
export function useKeyboardShortcuts(playback: Playback, sentences?: SentenceSkips): void {
  const onSentence = useRef(sentences?.onSentence)
  onSentence.current = sentences?.onSentence
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement
      if (event.ctrlKey || event.metaKey || event.altKey || !playback.isLoaded.peek()) return
      if (target.closest('input, textarea, select, dialog, button, a, summary, [role=menu]')) return
      if (event.key === ' ') toggle(playback)
      else if (event.key === 'ArrowLeft') playback.skip(-SKIP_MS)
      else if (event.key === 'ArrowRight') playback.skip(SKIP_MS)
      else if (event.key === '[' && onSentence.current) onSentence.current(-1)
      else if (event.key === ']' && onSentence.current) onSentence.current(1)
      else return
      event.preventDefault()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [playback])
}
