import { effect, signal } from '@preact/signals'
import { persistedSignal } from '../platform/preferences'
import type { AudioSource } from './audioSource'

const SEEK_TOLERANCE_MS = 1 // the element returns its position as a float of seconds

export const PLAYBACK_RATES = [0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3]
export const playbackRate = persistedSignal('rate', 1)

/** An audio or video element whose source can be replaced while it keeps its position. */
export class AudioPlayer {
  /** True if the user wants playback, even while audio is being generated, buffered or reconnected. */
  readonly isPlayRequested = signal(false)
  readonly isPlaying = signal(false)
  readonly isWaiting = signal(false)
  readonly positionMs = signal(0)
  private readonly listeners = new AbortController()
  private source: AudioSource | null = null
  /** False until the element has reached `positionMs`, which it may not have loaded yet. */
  private isSeekApplied = false
  private frame = 0
  private readonly stopRateEffect: () => void

  constructor(
    /** Called on every frame while it plays, and after a seek. */
    private readonly onPosition: (ms: number) => void,
    private readonly onEnded: () => void,
    private readonly onError: () => void,
    readonly audio: HTMLMediaElement = new Audio(),
  ) {
    const { signal } = this.listeners
    audio.preload = 'auto'
    audio.addEventListener('play', () => this.onPlayStateChange(), { signal })
    audio.addEventListener('pause', () => this.onPlayStateChange(), { signal })
    audio.addEventListener('waiting', () => this.setWaiting(), { signal })
    const onPlaying = () => {
      this.isWaiting.value = false
    }
    audio.addEventListener('playing', onPlaying, { signal })
    audio.addEventListener('loadedmetadata', () => this.applySeek(), { signal })
    audio.addEventListener('durationchange', () => this.isSeekApplied || this.applySeek(), { signal })
    audio.addEventListener('timeupdate', () => this.syncPosition(), { signal })
    audio.addEventListener('seeking', () => this.syncPosition(), { signal })
    audio.addEventListener('ended', () => this.onEnded(), { signal })
    audio.addEventListener('error', () => audio.error && this.onError(), { signal })
    this.stopRateEffect = effect(() => {
      audio.defaultPlaybackRate = playbackRate.value
      audio.playbackRate = playbackRate.value
    })
  }

  dispose(): void {
    this.detach()
    this.listeners.abort()
    this.stopRateEffect()
  }

  get isDisposed(): boolean {
    return this.listeners.signal.aborted
  }

  get isAttached(): boolean {
    return this.source !== null
  }

  /** Play from this source, starting at the current position. */
  attach(source: AudioSource): void {
    this.source = source
    source.attach(this.audio, this.positionMs.peek() / 1000, this.onError)
    this.audio.playbackRate = playbackRate.peek()
    if (this.isPlayRequested.peek()) this.playElement()
  }

  /** Stop and remove the source; the position is kept for the next one. */
  detach(): void {
    const { source } = this
    this.source = null
    this.isSeekApplied = false
    this.audio.pause()
    source?.detach()
    this.setPlaying(false)
  }

  play(): void {
    this.isPlayRequested.value = true
    if (this.source) this.playElement()
    else this.setWaiting()
  }

  pause(): void {
    this.isPlayRequested.value = false
    this.isWaiting.value = false
    this.audio.pause()
    this.syncPosition() // it is saved now, and reported four times a second
  }

  seekTo(ms: number): void {
    this.positionMs.value = ms
    this.onPosition(ms)
    this.applySeek()
  }

  /** Show that audio is being generated, buffered or reconnected. */
  setWaiting(): void {
    this.isWaiting.value = this.isPlayRequested.peek()
  }

  private playElement(): void {
    this.audio.play().catch((error) => {
      // The browser requires a user gesture: the user has to press the button. Other errors raise the `error` event.
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.pause()
    })
  }

  /** Move the element to `positionMs`, or to the end of a growing playlist if that comes first: it waits there. */
  private applySeek(): void {
    const { audio, source } = this
    this.isSeekApplied = false
    if (!source || audio.readyState === 0) return
    const targetMs = this.positionMs.peek()
    const endMs = audio.duration * 1000
    this.isSeekApplied = source.isComplete || targetMs <= endMs
    const reachableMs = Math.min(targetMs, endMs)
    if (Math.abs(audio.currentTime * 1000 - reachableMs) > SEEK_TOLERANCE_MS) audio.currentTime = reachableMs / 1000
  }

  /** Follow the element: the page, a headset button or an incoming call may start or stop it. */
  private onPlayStateChange(): void {
    if (!this.source) return
    this.isPlayRequested.value = !this.audio.paused
    this.setPlaying(this.isPlayRequested.peek())
  }

  private setPlaying(isPlaying: boolean): void {
    this.isPlaying.value = isPlaying
    cancelAnimationFrame(this.frame)
    if (isPlaying) this.trackPosition()
    else this.isWaiting.value = false
  }

  /** Report the position on every frame: `timeupdate` fires four times a second, and words are shorter. */
  private trackPosition = () => {
    this.reportPosition()
    this.frame = requestAnimationFrame(this.trackPosition)
  }

  /** Report the position now. */
  reportPosition(): void {
    if (this.isSeekApplied) this.onPosition(this.audio.currentTime * 1000)
  }

  private syncPosition(): void {
    if (!this.isSeekApplied) return
    this.positionMs.value = this.audio.currentTime * 1000
    this.onPosition(this.positionMs.peek())
  }
}
