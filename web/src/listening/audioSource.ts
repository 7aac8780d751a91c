import { address, call } from '../api/client'
import { isFinished, type Job } from './model'

/** Where the sound of a reading comes from. One that broke is thrown away: another one has fresh addresses. */
export interface Source {
  /** Whether nothing will be added any more. */
  readonly isWhole: boolean
  /** Have the element play it from a place on. `onBroken` is told what the element itself does not know: that nothing more will come. */
  attach(audio: HTMLAudioElement, atS: number, onBroken: () => void): void
  detach(): void
}

interface Capability {
  token: string
  path: string
}

// A finished reading is one MP3, which every browser plays and seeks by itself. One that is still being made is a playlist that grows.
export async function sourceOf(job: Job): Promise<Source> {
  const capability = await call<Capability>('POST', `/v1/speech/${job.id}/capability`)
  if (isFinished(job)) return new Recording(address(capability.path), true)
  const playlist = address(`/v1/speech/${job.id}/playlist.m3u8?t=${encodeURIComponent(capability.token)}`)
  const { default: Hls } = await import('hls.js/light')
  // hls.js first: Chromium's own HLS refuses MP3 although it says "maybe".
  return Hls.isSupported() ? new Playlist(playlist, Hls) : new Recording(playlist, false)
}

/** What the browser plays by itself. */
class Recording implements Source {
  private audio: HTMLAudioElement | null = null

  constructor(
    private readonly url: string,
    readonly isWhole: boolean,
  ) {}

  attach(audio: HTMLAudioElement, atS: number): void {
    audio.src = this.url
    if (atS > 0) audio.currentTime = atS
    this.audio = audio
  }

  detach(): void {
    this.audio?.removeAttribute('src')
    this.audio?.load() // else it goes on fetching
    this.audio = null
  }
}

// A line that is away for half a minute is not heard: a minute of sound lies ready. What the API refuses is refused.
const TIMES = 6
const patient = {
  maxTimeToFirstByteMs: 10_000,
  maxLoadTimeMs: 60_000,
  timeoutRetry: { maxNumRetry: TIMES, retryDelayMs: 0, maxRetryDelayMs: 0 },
  errorRetry: {
    maxNumRetry: TIMES,
    retryDelayMs: 1000,
    maxRetryDelayMs: 8000,
    shouldRetry: (_: unknown, count: number, __: boolean, answer: { code?: number } | undefined) =>
      count < TIMES && Math.floor((answer?.code ?? 0) / 100) !== 4,
  },
}

type HlsClass = typeof import('hls.js').default

class Playlist implements Source {
  isWhole = false
  private hls: InstanceType<HlsClass> | null = null

  constructor(
    private readonly url: string,
    private readonly Hls: HlsClass,
  ) {}

  attach(audio: HTMLAudioElement, atS: number, onBroken: () => void): void {
    const hls = new this.Hls({
      startPosition: atS,
      maxBufferLength: 60,
      backBufferLength: 120,
      fragLoadPolicy: { default: patient },
      // Cues would be put into a track with a data: address, which the page's policy forbids; nobody reads them.
      enableID3MetadataCues: false,
      enableDateRangeMetadataCues: false,
      enableEmsgMetadataCues: false,
    })
    hls.on(this.Hls.Events.ERROR, (_, problem) => problem.fatal && onBroken())
    hls.on(this.Hls.Events.LEVEL_LOADED, (_, { details }) => {
      this.isWhole = !details.live
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
