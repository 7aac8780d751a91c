import { computed, effect, signal } from '@preact/signals'
import { call } from '../api/client'
import { Problem, sentence } from '../api/problem'
import { tell } from '../parts/toasts'
import { below } from '../reading_text/lowerBound'
import type { ReadingText } from '../reading_text/text'
import { t } from '../texts'
import { Sound } from './audioPlayer'
import { sourceOf } from './audioSource'
import { mediaKeys } from './mediaKeys'
import { isFinished, isUnderWay, type Job, type Mark, type Marks, type Playback } from './model'
import { sleep } from './sleepTimer'

const LOOK_EVERY_MS = 1000
const KEEP_PLACE_EVERY_MS = 10_000
const MEND_AFTER_MS = [300, 2000, 5000] // a fresh address mostly does; a line that is away needs longer
const MENDED_MS = 2000 // heard beyond the place where it broke
const AROUND = 3000 // code points: what sentence skips and the eye reach
const ROUNDING_MS = 1 // the element's places are floats of seconds

/** One reading of one media as it is heard: what sounds, which word it is, and how far it is made. */
export class Listening implements Playback {
  readonly job = signal<Job | null>(null)
  readonly words = signal<Mark[]>([])
  /** How much can be heard by now. */
  readonly readyMs = signal(0)
  readonly wordIndex = signal(-1)
  readonly word = computed(() => this.words.value[this.wordIndex.value])
  readonly place = computed(() => this.word.value?.[2] ?? null)
  readonly chapter = computed(() => (this.place.value === null ? undefined : this.text.chapterAt(this.place.value)))
  readonly sleepAt = signal<number | 'chapter' | null>(null)
  /** The sound could not be had, again and again; to play is to try anew. */
  readonly isBroken = signal(false)
  readonly sound = new Sound(
    (ms) => this.moved(ms),
    () => this.pause(),
    () => this.broke(),
  )
  readonly isOn = this.sound.isOn

  /** A place of the text to begin at, until the marks tell when that is. */
  private from: number | null = null
  private isComplete = false
  private breaks = 0
  private brokeMs = 0
  private keptMs = -1
  private lookTimer = 0
  /** Answers to what was asked before the last turn are too late. */
  private turn = 0
  private readonly endings: (() => void)[]

  constructor(
    readonly title: string,
    readonly text: ReadingText,
  ) {
    const leaving = () => this.keepPlace(true)
    const reachable = () => this.isBroken.peek() && this.tryAgain()
    addEventListener('pagehide', leaving)
    addEventListener('online', reachable)
    const keeping = setInterval(() => this.sound.isPlaying.peek() && this.keepPlace(), KEEP_PLACE_EVERY_MS)
    this.endings = [
      mediaKeys(this),
      sleep(this),
      loadAround(this),
      () => removeEventListener('pagehide', leaving),
      () => removeEventListener('online', reachable),
      () => clearInterval(keeping),
    ]
  }

  end(): void {
    this.leave()
    this.sound.end()
    for (const ending of this.endings) ending()
  }

  /** This reading is no more. */
  forget(): void {
    this.job.value = null
    this.leave()
    this.sound.pause()
    this.words.value = []
    this.wordIndex.value = -1
  }

  /** Listen to this reading: where one was in any of this media, or at `at` when a place is given. */
  async take(job: Job, options: { play: boolean; at?: number }): Promise<void> {
    this.leave()
    const { turn } = this
    this.job.value = job
    this.words.value = []
    this.readyMs.value = 0
    this.isComplete = false
    this.from = options.at ?? null
    this.sound.isOn.value = options.play
    this.sound.goTo(0)
    this.prepare()
    if (this.from === null) {
      const held = await call<{ position_ms: number | null }>('GET', `/v1/speech/${job.id}/position`).catch(() => null)
      if (turn === this.turn) this.sound.goTo(held?.position_ms ?? 0)
    }
    await this.look(turn)
  }

  /** See how far the reading is; it sounds as soon as there is anything. */
  private async look(turn: number): Promise<void> {
    const before = this.job.peek()
    if (!before || turn !== this.turn) return
    const { sound } = this
    try {
      const job = isUnderWay(before) ? await call<Job>('GET', `/v1/speech/${before.id}`) : before
      if (turn !== this.turn) return
      this.job.value = job
      await this.loadMarks(job, turn)
      if (turn !== this.turn) return
      if (this.from !== null) sound.goTo(this.timeOf(this.from) ?? 0)
      this.from = null
      if (!sound.isAttached) await this.attach(job, turn)
      if (turn !== this.turn) return
      if (isUnderWay(job) || (isFinished(job) && !this.isComplete)) this.lookAgain(LOOK_EVERY_MS)
      else if (!sound.isAttached) this.pause() // nothing was made, and nothing will be
    } catch (error) {
      if (turn !== this.turn) return
      if (isRefused(error)) {
        tell(sentence(error), { isError: true })
        this.pause()
      } else if (sound.isAttached) this.lookAgain(LOOK_EVERY_MS * 3)
      else this.broke()
    }
  }

  private lookAgain(afterMs: number): void {
    const { turn } = this
    this.lookTimer = setTimeout(() => void this.look(turn), afterMs) as unknown as number
  }

  /** The marks of what can be heard; while that grows, only what is new is asked for. */
  private async loadMarks(job: Job, turn: number): Promise<void> {
    if (this.isComplete || job.status === 'queued' || job.status === 'planning') return
    const from = this.readyMs.peek()
    const marks = await call<Marks>('GET', `/v1/speech/${job.id}/marks`, { query: { from_ms: from || null } })
    if (turn !== this.turn) return
    if (marks.words.length) this.words.value = [...this.words.peek(), ...marks.words]
    this.readyMs.value = marks.duration_ms
    this.isComplete = marks.complete ?? true
  }

  private async attach(job: Job, turn: number): Promise<void> {
    if (this.readyMs.peek() === 0 && !isFinished(job)) return
    const source = await sourceOf(job)
    if (turn === this.turn) this.sound.attach(source)
  }

  play(): void {
    this.sound.play()
    if (this.isBroken.peek()) this.tryAgain()
  }

  pause(): void {
    this.sound.pause()
    this.keepPlace()
  }

  toggle(): void {
    if (this.sound.isOn.peek() && !this.isBroken.peek()) this.pause()
    else this.play()
  }

  seek(ms: number): void {
    this.from = null
    this.sound.goTo(Math.max(0, Math.min(ms, this.reachMs())))
  }

  skip(ms: number): void {
    this.seek(this.sound.atMs.peek() + ms)
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
  hear(point: number): void {
    const ms = this.timeOf(point)
    if (ms === null) {
      const job = this.job.peek()
      tell(job && isUnderWay(job) ? t.listening.notYet : t.listening.outside)
      return
    }
    this.seek(ms)
    this.play()
  }

  /** When the word at a place, or the first one behind it, is spoken. */
  private timeOf(point: number): number | null {
    const words = this.words.peek()
    const index = below(words, (word) => word[3] <= point)
    const word = words[index]
    const isBefore = index === 0 && word !== undefined && point < word[2] - 200 // a heading that is not read may stand before the first
    return word && !isBefore ? word[0] : null
  }

  /** How far one can go. The marks of a long reading come one part after the other, its recording is there at once. */
  private reachMs(): number {
    const job = this.job.peek()
    return Math.max(this.readyMs.peek(), (job && isFinished(job) && job.duration_ms) || 0)
  }

  private moved(at: number): void {
    if (Math.abs(at - this.brokeMs) > MENDED_MS) this.breaks = 0
    const ms = at + ROUNDING_MS
    const words = this.words.peek()
    const now = this.wordIndex.peek()
    const current = words[now]
    const next = words[now + 1]
    if (current && current[0] <= ms && (!next || ms < next[0])) return
    this.wordIndex.value = below(words, (word) => word[0] <= ms) - 1
  }

  /** Signed addresses run out and lines break: go on at the same place, with fresh ones. Who waited in vain is told, and may try again. */
  private broke(): void {
    this.turned()
    this.brokeMs = this.sound.atMs.peek()
    const pause = MEND_AFTER_MS[this.breaks++]
    if (pause === undefined) {
      this.isBroken.value = true
      return
    }
    if (pause === MEND_AFTER_MS[0]) tell(t.listening.recovering)
    this.sound.wait()
    this.lookAgain(pause)
  }

  private tryAgain(): void {
    this.prepare()
    void this.look(this.turn)
  }

  private prepare(): void {
    this.isBroken.value = false
    this.breaks = 0
    this.sound.wait()
  }

  private leave(): void {
    this.keepPlace()
    this.turned()
  }

  private turned(): void {
    this.turn++
    clearTimeout(this.lookTimer)
    this.sound.detach()
  }

  /** Other devices, and other voices, go on here. */
  keepPlace(isLeaving = false): void {
    const job = this.job.peek()
    const ms = Math.round(Math.min(this.sound.atMs.peek(), this.reachMs()))
    if (!job || !this.sound.isAttached || ms === this.keptMs) return
    this.keptMs = ms
    call('PUT', `/v1/speech/${job.id}/position`, {
      body: { position_ms: ms, device_time: new Date().toISOString() },
      keepalive: isLeaving,
    }).catch(() => {
      this.keptMs = -1 // the next one will do
    })
  }
}

/** What will not change by itself. */
function isRefused(error: unknown): boolean {
  return error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429
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
