import { computed, effect, signal } from '@preact/signals'
import { tell } from '../parts/notices'
import { call } from '../platform/api'
import { remembered } from '../platform/preferences'
import { Problem, sentence } from '../platform/problem'
import { below } from '../reader/below'
import type { ReadingText } from '../reader/text'
import { t } from '../texts'
import { mediaKeys } from './mediaKeys'
import { isFinished, isUnderWay, type Job, type Mark, type Marks } from './model'
import { sleep } from './sleep'
import { type Source, sourceOf } from './source'

const LOOK_EVERY_MS = 1000
const KEEP_PLACE_EVERY_MS = 10_000
const RESTART_ATTEMPTS = 3
const AROUND = 3000 // code points: what sentence skips and the eye reach
export const RATES = [0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3]

const rate = remembered('rate', 1)

/** One reading of one media as it is heard: what sounds, which word it is, and how far it is made. */
export class Listening {
  readonly audio = new Audio()
  readonly job = signal<Job | null>(null)
  readonly words = signal<Mark[]>([])
  /** How much can be heard by now. */
  readonly readyMs = signal(0)
  readonly atMs = signal(0)
  readonly isPlaying = signal(false)
  readonly isWaiting = signal(false)
  readonly wordIndex = signal(-1)
  readonly sleepAt = signal<number | 'chapter' | null>(null)
  readonly rate = rate
  readonly word = computed(() => this.words.value[this.wordIndex.value])
  readonly place = computed(() => this.word.value?.[2] ?? null)

  private source: Source | null = null
  private isComplete = false
  private restarts = 0
  private keptMs = -1
  private frame = 0
  private lookTimer = 0
  private startMs = 0
  private wantsToPlay = false
  private readonly endings: (() => void)[] = []

  constructor(
    readonly title: string,
    readonly text: ReadingText,
  ) {
    const { audio } = this
    audio.preload = 'auto'
    audio.addEventListener('play', () => this.setPlaying(true))
    audio.addEventListener('pause', () => this.setPlaying(false))
    audio.addEventListener('waiting', () => this.setWaiting(true))
    audio.addEventListener('playing', () => this.setWaiting(false))
    audio.addEventListener('timeupdate', () => this.tick())
    audio.addEventListener('seeking', () => this.tick())
    audio.addEventListener('ended', () => this.keepPlace())
    audio.addEventListener('error', () => void this.recover())
    this.endings.push(
      effect(() => {
        audio.defaultPlaybackRate = rate.value
        audio.playbackRate = rate.value
      }),
      mediaKeys(this),
      sleep(this),
      loadAround(this),
    )
    const leaving = () => this.keepPlace(true)
    addEventListener('pagehide', leaving)
    const keeping = setInterval(() => this.isPlaying.peek() && this.keepPlace(), KEEP_PLACE_EVERY_MS)
    this.endings.push(
      () => removeEventListener('pagehide', leaving),
      () => clearInterval(keeping),
    )
  }

  end(): void {
    this.keepPlace()
    clearTimeout(this.lookTimer)
    cancelAnimationFrame(this.frame)
    for (const ending of this.endings) ending()
    this.audio.pause()
    this.source?.detach()
    this.audio.removeAttribute('src')
  }

  /** This reading is no more. */
  forget(): void {
    clearTimeout(this.lookTimer)
    this.audio.pause()
    this.source?.detach()
    this.source = null
    this.audio.removeAttribute('src')
    this.job.value = null
    this.words.value = []
    this.wordIndex.value = -1
  }

  /** Listen to this reading: where one was in any of this media, or at `at` when a place is given. */
  async take(job: Job, options: { play: boolean; at?: number }): Promise<void> {
    this.source?.detach()
    this.source = null
    clearTimeout(this.lookTimer)
    this.job.value = job
    this.words.value = []
    this.readyMs.value = 0
    this.wordIndex.value = -1
    this.isComplete = false
    this.wantsToPlay = options.play
    this.isWaiting.value = options.play
    const known = call<{ position_ms: number | null }>('GET', `/v1/speech/${job.id}/position`).catch(() => null)
    await this.loadMarks()
    const held = await known
    this.startMs = options.at === undefined ? (held?.position_ms ?? 0) : (this.timeOf(options.at) ?? 0)
    this.atMs.value = this.startMs
    await this.look()
  }

  /** See how far the reading is; attach the sound as soon as there is any. */
  private async look(): Promise<void> {
    const before = this.job.peek()
    if (!before) return
    try {
      const job = isUnderWay(before) ? await call<Job>('GET', `/v1/speech/${before.id}`) : before
      if (this.job.peek()?.id !== before.id) return
      this.job.value = job
      await this.loadMarks()
      if (!this.source && (this.readyMs.peek() > 0 || isFinished(job))) await this.attach(job)
      if (isUnderWay(job) || (isFinished(job) && !this.isComplete))
        this.lookTimer = setTimeout(() => void this.look(), LOOK_EVERY_MS) as unknown as number
      else if (!this.source) this.isWaiting.value = false
    } catch (error) {
      if (error instanceof Problem && error.status >= 400 && error.status < 500) tell(sentence(error), { isError: true })
      else this.lookTimer = setTimeout(() => void this.look(), LOOK_EVERY_MS * 3) as unknown as number
    }
  }

  /** The marks of what can be heard; while that grows, only what is new is asked for. */
  private async loadMarks(): Promise<void> {
    const job = this.job.peek()
    if (!job || this.isComplete || job.status === 'queued' || job.status === 'planning') return
    const from = this.readyMs.peek()
    const marks = await call<Marks>('GET', `/v1/speech/${job.id}/marks`, { query: { from_ms: from || null } })
    if (this.job.peek()?.id !== job.id) return
    if (marks.words.length) this.words.value = [...this.words.peek(), ...marks.words]
    this.readyMs.value = marks.duration_ms
    this.isComplete = marks.complete ?? true
  }

  private async attach(job: Job): Promise<void> {
    const source = await sourceOf(job)
    if (this.job.peek()?.id !== job.id) return
    this.source = source
    await source.attach(this.audio, this.startMs / 1000, () => void this.recover())
    this.audio.playbackRate = rate.peek()
    if (this.wantsToPlay) await this.play()
  }

  async play(): Promise<void> {
    this.wantsToPlay = true
    if (!this.source) return
    // A browser that wants a gesture first: the button is there for it.
    await this.audio.play().catch(() => this.setPlaying(false))
  }

  pause(): void {
    this.wantsToPlay = false
    this.audio.pause()
    this.keepPlace()
  }

  toggle(): void {
    this.isPlaying.peek() ? this.pause() : void this.play()
  }

  seek(ms: number): void {
    const to = Math.max(0, Math.min(ms, this.readyMs.peek()))
    this.startMs = to
    if (this.source) this.audio.currentTime = to / 1000
    this.atMs.value = to
    this.findWord(to)
  }

  skip(ms: number): void {
    this.seek(this.atMs.peek() + ms)
  }

  /** To the beginning of the sentence before, of this one, or of the next. */
  skipSentence(step: -1 | 1): void {
    const place = this.place.peek() ?? this.words.peek()[0]?.[2] // there is a moment before the first word
    if (place === undefined) return
    const [start, end] = this.text.sentenceAt(place)
    const isAtStart = place - start < 3
    if (step > 0) this.hear(end + 1)
    else if (isAtStart) this.hear(this.text.sentenceAt(Math.max(0, start - 2))[0])
    else this.hear(start)
  }

  /** Hear the text from this place on; says so when that is not made yet. */
  hear(point: number): boolean {
    const ms = this.timeOf(point)
    if (ms === null) {
      const job = this.job.peek()
      tell(job && isUnderWay(job) ? t.listening.notYet : t.listening.outside)
      return false
    }
    this.seek(ms)
    void this.play()
    return true
  }

  /** When the word at a place, or the first one behind it, is spoken. */
  private timeOf(point: number): number | null {
    const words = this.words.peek()
    const index = below(words, (word) => word[3] <= point)
    const word = words[index]
    const isBefore = index === 0 && word !== undefined && point < word[2] - 200 // a heading that is not read may stand before the first
    return word && !isBefore ? word[0] : null
  }

  private setPlaying(isPlaying: boolean): void {
    this.isPlaying.value = isPlaying
    cancelAnimationFrame(this.frame)
    if (isPlaying) this.follow()
    else this.setWaiting(false)
  }

  private setWaiting(isWaiting: boolean): void {
    this.isWaiting.value = isWaiting
  }

  /** `timeupdate` comes four times a second; words are shorter. */
  private follow = () => {
    this.findWord(this.audio.currentTime * 1000)
    this.frame = requestAnimationFrame(this.follow)
  }

  private findWord(ms: number): void {
    const words = this.words.peek()
    const now = this.wordIndex.peek()
    const current = words[now]
    const next = words[now + 1]
    if (current && current[0] <= ms && (!next || ms < next[0])) return
    this.wordIndex.value = below(words, (word) => word[0] <= ms) - 1
  }

  private tick(): void {
    if (!this.source) return
    const ms = this.audio.currentTime * 1000
    this.atMs.value = ms
    this.findWord(ms)
    this.restarts = this.isPlaying.peek() ? 0 : this.restarts
  }

  /** Signed addresses run out and lines break: go on with fresh ones, at the same place. */
  private async recover(): Promise<void> {
    const { source } = this
    if (!source || !this.audio.error || this.restarts++ >= RESTART_ATTEMPTS) return
    tell(t.listening.recovering)
    const wasPlaying = this.wantsToPlay
    await source.again(this.audio, this.atMs.peek() / 1000).catch(() => undefined)
    this.audio.playbackRate = rate.peek()
    if (wasPlaying) await this.play()
  }

  /** Other devices, and other voices, go on here. */
  keepPlace(isLeaving = false): void {
    const job = this.job.peek()
    const ms = Math.round(Math.min(this.atMs.peek(), this.readyMs.peek()))
    if (!job || !this.source || ms === this.keptMs) return
    this.keptMs = ms
    call('PUT', `/v1/speech/${job.id}/position`, {
      body: { position_ms: ms, device_time: new Date().toISOString() },
      keepalive: isLeaving,
    }).catch(() => undefined) // the next one will do
  }
}

/** The text around what is heard is there before it is needed. */
function loadAround({ place, text }: Listening): () => void {
  const here = computed(() => (place.value === null ? null : Math.floor(place.value / AROUND) * AROUND))
  return effect(() => {
    const near = here.value
    if (near === null) return
    for (const point of [near - AROUND, near + 2 * AROUND]) text.load(point).catch(() => undefined) // it is asked for again further on
  })
}
