import { effect, signal } from '@preact/signals'
import { remembered } from '../platform/preferences'
import type { Source } from './audioSource'

const NEAR_MS = 1 // a place comes back from the element as a float of seconds

export const RATES = [0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3]
export const rate = remembered('rate', 1)

/** What sounds, and where the needle is. */
export class Sound {
  /** Whether it shall sound: also while it is made, fetched or mended. */
  readonly isOn = signal(false)
  readonly isPlaying = signal(false)
  readonly isWaiting = signal(false)
  readonly atMs = signal(0)
  private readonly audio = new Audio()
  private source: Source | null = null
  /** The element may not know of the place yet where it shall go on. */
  private isThere = false
  private frame = 0
  private readonly stop: () => void

  constructor(
    /** For every frame while it sounds, and when it was moved. */
    private readonly onMoved: (ms: number) => void,
    private readonly onEnded: () => void,
    private readonly onBroken: () => void,
  ) {
    const { audio } = this
    audio.preload = 'auto'
    audio.addEventListener('play', () => this.turned())
    audio.addEventListener('pause', () => this.turned())
    audio.addEventListener('waiting', () => this.wait())
    audio.addEventListener('playing', () => {
      this.isWaiting.value = false
    })
    audio.addEventListener('loadedmetadata', () => this.goThere())
    audio.addEventListener('durationchange', () => this.isThere || this.goThere())
    audio.addEventListener('timeupdate', () => this.look())
    audio.addEventListener('seeking', () => this.look())
    audio.addEventListener('ended', () => this.onEnded())
    audio.addEventListener('error', () => audio.error && this.onBroken())
    this.stop = effect(() => {
      audio.defaultPlaybackRate = rate.value
      audio.playbackRate = rate.value
    })
  }

  end(): void {
    this.detach()
    this.stop()
  }

  get isAttached(): boolean {
    return this.source !== null
  }

  /** Sound from here, at the place where it is. */
  attach(source: Source): void {
    this.source = source
    source.attach(this.audio, this.atMs.peek() / 1000, this.onBroken)
    this.audio.playbackRate = rate.peek()
    if (this.isOn.peek()) this.sound()
  }

  /** Silent, and ready to go on at the same place from somewhere else. */
  detach(): void {
    const { source } = this
    this.source = null
    this.isThere = false
    this.audio.pause()
    source?.detach()
    this.setPlaying(false)
  }

  play(): void {
    this.isOn.value = true
    if (this.source) this.sound()
    else this.wait()
  }

  pause(): void {
    this.isOn.value = false
    this.isWaiting.value = false
    this.audio.pause()
  }

  goTo(ms: number): void {
    this.atMs.value = ms
    this.onMoved(ms)
    this.goThere()
  }

  /** What shall sound is being made, fetched or mended. */
  wait(): void {
    this.isWaiting.value = this.isOn.peek()
  }

  private sound(): void {
    this.audio.play().catch((error) => {
      // A browser that wants a gesture first: the button is there for it. Of what broke, `error` tells.
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.pause()
    })
  }

  /** Put the needle where it is wanted. A playlist that grows is known to the element later than to us: until then it waits at its end. */
  private goThere(): void {
    const { audio, source } = this
    this.isThere = false
    if (!source || audio.readyState === 0) return
    const wanted = this.atMs.peek()
    const end = audio.duration * 1000
    this.isThere = source.isWhole || wanted <= end
    const to = Math.min(wanted, end)
    if (Math.abs(audio.currentTime * 1000 - to) > NEAR_MS) audio.currentTime = to / 1000
  }

  /** The element was started or stopped: by us, by the key of a headset, by a call that came in. */
  private turned(): void {
    if (!this.source) return
    this.isOn.value = !this.audio.paused
    this.setPlaying(this.isOn.peek())
  }

  private setPlaying(isPlaying: boolean): void {
    this.isPlaying.value = isPlaying
    cancelAnimationFrame(this.frame)
    if (isPlaying) this.follow()
    else this.isWaiting.value = false
  }

  /** `timeupdate` comes four times a second; words are shorter. */
  private follow = () => {
    if (this.isThere) this.onMoved(this.audio.currentTime * 1000)
    this.frame = requestAnimationFrame(this.follow)
  }

  private look(): void {
    if (!this.isThere) return
    this.atMs.value = this.audio.currentTime * 1000
    this.onMoved(this.atMs.peek())
  }
}
