import { computed, signal } from '@preact/signals'
import { call } from '../api/client'
import { errorMessage, isPermanent } from '../api/problem'
import type { Media } from '../library/model'
import { toast } from '../parts/toasts'
import { onRouteChange } from '../platform/route'
import { AudioPlayer } from '../playing/audioPlayer'
import { takeOver } from '../playing/control'
import { chapterAt, type Playback } from '../playing/model'
import { finished } from '../playing/nowPlaying'
import type { ReadingText } from '../reading_text/text'
import { t } from '../texts'
import { createAudioSource } from './audioSource'
import { chapterMarks } from './chapterMarks'
import { LoadedMarks, loadMarks } from './marks'
import { isFinished, isInProgress, type Job, type LoadOptions } from './model'
import { loadPosition, PositionSaver } from './positionSaver'
import { loadPreferences } from './preferences'
import { preloadText } from './preloadText'
import { includes, rememberChoice } from './recordings'
import { Retries } from './retries'
import { SkippedContent } from './skippedContent'
import { moveHeard } from './skipping'
import { sentenceStep, timeAt } from './textTimes'

const POLL_INTERVAL_MS = 1000
const SAVE_INTERVAL_MS = 10_000
const ROUNDING_MS = 1 // the element returns its position as a float of seconds

/** The playback of a media's recording: its audio, the word being spoken, and the progress of generating. */
export class Listening implements Playback {
  readonly job = signal<Job | null>(null)
  private readonly marks = new LoadedMarks()
  readonly words = this.marks.words
  readonly skipped = new SkippedContent(() => this.player.reportPosition())
  /** The duration generated so far. */
  readonly playableMs = this.marks.endMs
  readonly word = this.marks.word
  readonly textPosition = computed(() => this.word.value?.[2] ?? null)
  readonly isLoaded = computed(() => this.job.value !== null)
  readonly durationMs = computed(() => Math.max(this.playableMs.value, this.job.value?.duration_ms ?? 0))
  readonly chapters = computed(() => chapterMarks(this.text.chapters, this.words.value, this.durationMs.value))
  readonly chapter = computed(() => chapterAt(this.chapters.value, this.positionMs.value))
  /** All retries failed; `play` tries again. */
  readonly hasFailed = signal(false)
  /** The API cannot be reached: what is buffered plays on. */
  readonly isReconnecting = signal(false)
  readonly player: AudioPlayer

  /** The text position to start at, until the speech marks are loaded. */
  private pendingStart: number | null = null
  private readonly retries = new Retries()
  private readonly saver = new PositionSaver()
  private pollTimer = 0
  /** Incremented when the audio source is replaced; responses to requests of an earlier generation are ignored. */
  private generation = 0
  private readonly disposers: (() => void)[]

  constructor(
    readonly media: Media,
    readonly text: ReadingText,
    /** The element of a playback before: browsers let it play on without a press of a button. */
    element?: HTMLMediaElement,
  ) {
    this.player = new AudioPlayer(
      (ms) => this.onPosition(ms),
      () => this.onEnded(),
      () => this.onError(),
      element,
    )
    const listeners = new AbortController()
    addEventListener('pagehide', () => this.savePosition(true), listeners)
    addEventListener('online', () => this.hasFailed.peek() && this.retry(), listeners)
    const saveTimer = setInterval(() => this.player.isPlaying.peek() && this.savePosition(), SAVE_INTERVAL_MS)
    this.disposers = [
      preloadText(this),
      this.skipped.jumps.subscribe(() => this.onPosition(this.player.positionMs.peek())),
      onRouteChange(() => this.savePosition()),
      () => listeners.abort(),
      () => clearInterval(saveTimer),
    ]
  }

  get isPlayRequested() {
    return this.player.isPlayRequested
  }

  get isWaiting() {
    return this.player.isWaiting
  }

  get positionMs() {
    return this.player.positionMs
  }

  dispose(): void {
    this.unload()
    this.player.dispose()
    for (const disposer of this.disposers) disposer()
  }

  /** Unload a deleted recording. */
  clear(): void {
    this.job.value = null
    this.unload()
    this.player.pause()
  }

  /** Load a recording and seek to the text position `startAt`, or else to the media's saved position. */
  async load(job: Job, options: LoadOptions): Promise<void> {
    this.unload()
    const { generation } = this
    this.job.value = job
    if (options.play) {
      takeOver(this)
      rememberChoice(job)
    }
    loadPreferences().catch(() => undefined) // without them, nothing is skipped
    this.pendingStart = options.startAt ?? null
    this.player.isPlayRequested.value = options.play
    this.player.seekTo(0)
    this.resetErrors()
    if (this.pendingStart === null) {
      const saved = await loadPosition(job.id)
      if (generation === this.generation) this.startAt(saved ?? 0)
    }
    await this.poll(generation)
  }

  private startAt(ms: number): void {
    this.player.seekTo(ms)
    this.saver.onLoaded(ms)
  }

  /** Load the job's progress and its new speech marks; attach the audio as soon as there is any. */
  private async poll(generation: number): Promise<void> {
    const current = this.job.peek()
    if (!current || generation !== this.generation) return
    const { player } = this
    try {
      const job = isInProgress(current) ? await call<Job>('GET', `/v1/speech/${current.id}`) : current
      if (generation !== this.generation) return
      this.isReconnecting.value = false
      this.job.value = job
      const isAdded = await this.addMarks(job, generation)
      if (generation !== this.generation) return
      this.startAtPending()
      if (!player.isAttached && this.pendingStart === null) await this.attach(job, generation)
      if (generation !== this.generation) return
      if (isInProgress(job) || this.hasMoreMarks()) this.schedulePoll(isFinished(job) && isAdded ? 0 : POLL_INTERVAL_MS)
      else if (!player.isAttached) this.pause() // the job ended without audio
    } catch (error) {
      if (generation !== this.generation) return
      if (isPermanent(error)) {
        toast(errorMessage(error), { isError: true })
        this.pause()
      } else if (player.isAttached) {
        this.isReconnecting.value = true
        this.schedulePoll(POLL_INTERVAL_MS * 3)
      } else this.onError()
    }
  }

  private schedulePoll(delayMs: number): void {
    const { generation } = this
    this.pollTimer = setTimeout(() => void this.poll(generation), delayMs) as unknown as number
  }

  /** Return whether marks of a finished recording are still to be loaded. */
  private hasMoreMarks(): boolean {
    const job = this.job.peek()
    return job !== null && isFinished(job) && !this.marks.isComplete
  }

  /** Go to the text position to start at as soon as its time is known. */
  private startAtPending(): void {
    if (this.pendingStart === null) return
    const ms = this.timeAt(this.pendingStart)
    if (ms === null && this.hasMoreMarks()) return
    this.startAt(ms ?? 0)
    this.pendingStart = null
  }

  /** Load the speech marks of the audio that was added since the last call, or the next ones of a long recording. Returns false without any. */
  private async addMarks(job: Job, generation: number): Promise<boolean> {
    if (this.marks.isComplete || job.status === 'queued' || job.status === 'planning') return false
    const fromMs = this.playableMs.peek()
    const marks = await loadMarks(job.id, fromMs)
    if (generation !== this.generation) return false
    this.marks.add(marks)
    this.skipped.add(marks.skippable)
    if (this.positionMs.peek() && !this.word.peek()) this.onPosition(this.positionMs.peek()) // its marks may have come only now
    return marks.duration_ms > fromMs
  }

  private async attach(job: Job, generation: number): Promise<void> {
    if (this.playableMs.peek() === 0 && !isFinished(job)) return
    const source = await createAudioSource(job)
    if (generation === this.generation) this.player.attach(source)
  }

  play(): void {
    takeOver(this)
    this.player.play()
    if (this.hasFailed.peek()) this.retry()
  }

  pause(): void {
    this.player.pause()
    this.savePosition()
  }

  seek(ms: number): void {
    this.pendingStart = null
    this.player.seekTo(Math.max(0, Math.min(ms, this.durationMs.peek())))
  }

  skip(ms: number): void {
    this.seek(moveHeard(this.skipped.jumps.peek(), this.player.positionMs.peek(), ms))
  }

  /** Move to the next sentence (1), or back (-1). */
  skipSentence(step: -1 | 1): void {
    const words = this.words.peek()
    const position = this.textPosition.peek() ?? words[0]?.[2] // none before the first word starts
    if (position === undefined) return
    const ms = this.timeAt(sentenceStep(this.text, words, this.skipped.jumps.peek(), position, step))
    if (ms !== null) this.seek(ms)
  }

  /** Play from a text position. Returns false, and changes nothing, if the recording does not include it, or not yet. */
  playFrom(position: number): boolean {
    const ms = this.timeAt(position)
    const job = this.job.peek()
    if (ms === null && !(job && includes(job, position) && this.hasMoreMarks())) return false
    if (ms === null) this.pendingStart = position
    else this.seek(ms)
    this.play()
    return true
  }

  private readonly timeAt = (position: number) => timeAt(this.words.peek(), position, this.job.peek()?.start ?? 0)

  private onEnded(): void {
    this.pause()
    finished(this)
  }

  private onPosition(positionMs: number): void {
    this.retries.onPosition(positionMs)
    const ms = positionMs + ROUNDING_MS
    const landingMs = this.skipped.landingFrom(ms, this.player.isPlaying.peek())
    if (landingMs !== undefined) this.player.seekTo(landingMs)
    else this.marks.moveTo(ms, this.skipped.jumps.peek())
  }

  /** Reconnect at the same position with fresh URLs, after expired URLs and lost connections. After the last retry the user can try again. */
  private onError(): void {
    this.startGeneration()
    const retry = this.retries.next(this.player.positionMs.peek())
    this.hasFailed.value = retry === null
    if (!retry) return
    if (retry.isFirst) toast(t.listening.reconnecting, { isNotice: true })
    this.player.setWaiting()
    this.schedulePoll(retry.delayMs)
  }

  private retry(): void {
    this.resetErrors()
    void this.poll(this.generation)
  }

  private resetErrors(): void {
    this.hasFailed.value = false
    this.retries.reset()
    this.player.setWaiting()
  }

  private unload(): void {
    this.savePosition()
    this.startGeneration()
    this.marks.clear()
    this.skipped.clear()
  }

  private startGeneration(): void {
    this.generation++
    clearTimeout(this.pollTimer)
    this.player.detach()
  }

  /** Save the listening position, for other devices and other voices. */
  savePosition(isPageClosing = false): void {
    const job = this.job.peek()
    const ms = Math.round(Math.min(this.player.positionMs.peek(), this.durationMs.peek()))
    if (job && this.player.isAttached) this.saver.save(job.id, ms, isPageClosing)
  }
}
