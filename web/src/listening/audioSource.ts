import { apiUrl, call } from '../api/client'
import { isFinished, type Job } from './model'

/** A source for the audio element. After an error it is replaced by a new one with fresh URLs. */
export interface AudioSource {
  /** False while the recording grows. */
  readonly isComplete: boolean
  /** Play in this element, starting at `startS`. `onError` reports errors that the element itself does not. */
  attach(audio: HTMLAudioElement, startS: number, onError: () => void): void
  detach(): void
}

/** A token in the URL, for media elements, which send no headers. */
interface LinkToken {
  token: string
  path: string
}

/** A finished recording is one MP3, which every browser plays and seeks natively; one that is being generated is a growing playlist. */
export async function createAudioSource(job: Job): Promise<AudioSource> {
  const link = await call<LinkToken>('POST', `/v1/speech/${job.id}/capability`)
  if (isFinished(job)) return new NativeSource(apiUrl(link.path), true)
  const playlist = apiUrl(`/v1/speech/${job.id}/playlist.m3u8?t=${encodeURIComponent(link.token)}`)
  const { default: Hls } = await import('hls.js/light')
  // hls.js is preferred: Chromium's native HLS rejects MP3 segments, although it reports "maybe".
  return Hls.isSupported() ? new HlsSource(playlist, Hls) : new NativeSource(playlist, false)
}

/** A URL that the browser plays natively. */
class NativeSource implements AudioSource {
  private audio: HTMLAudioElement | null = null

  constructor(
    private readonly url: string,
    readonly isComplete: boolean,
  ) {}

  attach(audio: HTMLAudioElement, startS: number): void {
    audio.src = this.url
    if (startS > 0) audio.currentTime = startS
    this.audio = audio
  }

  detach(): void {
    this.audio?.removeAttribute('src')
    this.audio?.load() // otherwise it continues to download
    this.audio = null
  }
}

// An outage of half a minute is not audible, because a minute of audio is buffered. Status 4xx is final.
const MAX_RETRIES = 6
const SEGMENT_LOAD_POLICY = {
  maxTimeToFirstByteMs: 10_000,
  maxLoadTimeMs: 60_000,
  timeoutRetry: { maxNumRetry: MAX_RETRIES, retryDelayMs: 0, maxRetryDelayMs: 0 },
  errorRetry: {
    maxNumRetry: MAX_RETRIES,
    retryDelayMs: 1000,
    maxRetryDelayMs: 8000,
    shouldRetry: (_: unknown, count: number, __: boolean, response: { code?: number } | undefined) =>
      count < MAX_RETRIES && Math.floor((response?.code ?? 0) / 100) !== 4,
  },
}

type HlsClass = typeof import('hls.js').default

/** A growing playlist, played by hls.js. */
class HlsSource implements AudioSource {
  isComplete = false
  private hls: InstanceType<HlsClass> | null = null

  constructor(
    private readonly url: string,
    private readonly Hls: HlsClass,
  ) {}

  attach(audio: HTMLAudioElement, startS: number, onError: () => void): void {
    const hls = new this.Hls({
      startPosition: startS,
      maxBufferLength: 60,
      backBufferLength: 120,
      fragLoadPolicy: { default: SEGMENT_LOAD_POLICY },
      // hls.js would put cues into a track with a data: URL, which the content security policy blocks; they are not used.
      enableID3MetadataCues: false,
      enableDateRangeMetadataCues: false,
      enableEmsgMetadataCues: false,
    })
    hls.on(this.Hls.Events.ERROR, (_, error) => error.fatal && onError())
    hls.on(this.Hls.Events.LEVEL_LOADED, (_, { details }) => {
      this.isComplete = !details.live
    })
    hls.loadSource(this.url)
    hls.attachMedia(audio)
    this.hls = hls
  }

  detach(): void {
    this.hls?.destroy()
    this.hls = null
  }
}
