import { computed, signal } from '@preact/signals'
import { apiUrl, call } from '../api/client'
import { isShared } from '../api/share'
import { type Media, mediaKind, type SignedUrl } from '../library/model'
import { positionOf, savePosition } from '../library/positions'
import { onRouteChange } from '../platform/route'
import { AudioPlayer } from './audioPlayer'
import { NativeSource } from './audioSource'
import { takeOver } from './control'
import { type FileChapter, fileChapterMarks } from './fileChapters'
import { chapterAt, type Playback } from './model'
import { finished } from './nowPlaying'

const SAVE_INTERVAL_MS = 10_000
const MIN_MOVE_MS = 250 // a position that was only loaded is not saved again
const RETRY_DELAYS_MS = [300, 2000, 5000]
const RECOVERED_AFTER_MS = 2000 // played beyond the position of the error
const END_MS = 2000 // who stopped so near to the end has heard it all

/** The playback of an uploaded sound or video: its place is kept, like that of a recording. */
export class FilePlayback implements Playback {
  readonly element: HTMLVideoElement | HTMLAudioElement
  readonly player: AudioPlayer
  readonly isLoaded = signal(true)
  readonly hasFailed = signal(false)
  readonly durationMs = signal(0)
  readonly chapters = computed(() => fileChapterMarks(this.fileChapters.value ?? [], this.durationMs.value))
  readonly chapter = computed(() => chapterAt(this.chapters.value, this.positionMs.value))
  /** Null until they are loaded. */
  private readonly fileChapters = signal<readonly FileChapter[] | null>(null)
  private savedMs = 0
  private errorCount = 0
  private errorAtMs = 0
  private retryTimer = 0
  private isDisposed = false
  private readonly listeners = new AbortController()
  private readonly saveTimer: ReturnType<typeof setInterval>

  constructor(readonly media: Media) {
    const { signal } = this.listeners
    this.element = document.createElement(mediaKind(media.media_type) === 'video' ? 'video' : 'audio')
    this.player = new AudioPlayer(
      (ms) => this.onPosition(ms),
      () => this.onEnded(),
      () => this.onError(),
      this.element,
    )
    this.durationMs.value = media.duration_ms ?? 0
    this.element.addEventListener('durationchange', () => this.onDuration(), { signal })
    addEventListener('pagehide', () => this.savePlace(true), { signal })
    addEventListener('online', () => this.hasFailed.peek() && this.retry(), { signal })
    signal.addEventListener(
      'abort',
      onRouteChange(() => this.savePlace()),
    )
    this.saveTimer = setInterval(() => this.player.isPlaying.peek() && this.savePlace(), SAVE_INTERVAL_MS)
    const placeMs = positionOf(media)?.time_ms ?? 0
    const isAtEnd = media.duration_ms !== null && placeMs > media.duration_ms - END_MS
    this.savedMs = isAtEnd ? 0 : placeMs
    this.player.seekTo(this.savedMs)
    void this.connect()
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

  /** Show a video in an element of the page, or out of sight: out of the document it would stop. */
  mount(host: HTMLElement | null): void {
    if (this.element instanceof HTMLAudioElement || this.isDisposed) return
    ;(host ?? holder()).append(this.element)
  }

  play(): void {
    takeOver(this)
    this.player.play()
    if (this.hasFailed.peek()) this.retry()
  }

  pause(): void {
    this.player.pause()
    this.savePlace()
  }

  seek(ms: number): void {
    this.player.seekTo(Math.max(0, Math.min(ms, this.durationMs.peek())))
  }

  skip(ms: number): void {
    this.seek(this.positionMs.peek() + ms)
  }

  dispose(): void {
    this.savePlace()
    this.isDisposed = true
    clearTimeout(this.retryTimer)
    clearInterval(this.saveTimer)
    this.listeners.abort()
    this.player.dispose()
    this.element.remove()
  }

  /** Attach a URL with a new token: the one behind its redirect expires. */
  private async connect(): Promise<void> {
    try {
      const url = await this.sign()
      if (this.isDisposed) return
      this.player.attach(new NativeSource(url, true))
      void this.loadChapters()
    } catch {
      this.onError()
    }
  }

  private async sign(): Promise<string> {
    if (isShared()) return (await call<SignedUrl>('GET', `/v1/media/${this.media.id}/url`)).url
    return apiUrl((await call<{ path: string }>('POST', `/v1/media/${this.media.id}/capability`)).path)
  }

  private async loadChapters(): Promise<void> {
    if (this.fileChapters.peek()) return
    try {
      this.fileChapters.value = (await call<{ items: FileChapter[] }>('GET', `/v1/media/${this.media.id}/chapters`)).items
    } catch {
      // it plays without them; the next connection tries again
    }
  }

  private onDuration(): void {
    const { duration } = this.element
    if (Number.isFinite(duration)) this.durationMs.value = duration * 1000
  }

  private onPosition(ms: number): void {
    if (Math.abs(ms - this.errorAtMs) > RECOVERED_AFTER_MS) this.errorCount = 0
  }

  private onEnded(): void {
    this.pause()
    finished(this)
  }

  private onError(): void {
    if (this.isDisposed) return
    this.player.detach()
    this.errorAtMs = this.positionMs.peek()
    const delayMs = RETRY_DELAYS_MS[this.errorCount++]
    if (delayMs === undefined) this.hasFailed.value = true
    else this.retryTimer = setTimeout(() => void this.connect(), delayMs) as unknown as number
  }

  private retry(): void {
    this.hasFailed.value = false
    this.errorCount = 0
    this.player.setWaiting()
    void this.connect()
  }

  private savePlace(isPageClosing = false): void {
    const ms = Math.round(this.positionMs.peek())
    if (Math.abs(ms - this.savedMs) < MIN_MOVE_MS) return
    this.savedMs = ms
    savePosition(this.media.id, { time_ms: ms }, new Date(), isPageClosing).catch(() => {
      this.savedMs = -1 // the next save tries again
    })
  }
}

/** Where a video is while it is not shown. */
function holder(): HTMLElement {
  const existing = document.querySelector<HTMLElement>('.video-holder')
  if (existing) return existing
  const created = document.createElement('div')
  created.className = 'video-holder'
  created.ariaHidden = 'true'
  document.body.append(created)
  return created
}
