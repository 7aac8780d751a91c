import { address, call } from '../platform/api'
import { isFinished, type Job } from './model'

/** Where the sound of a reading comes from. */
export interface Source {
  attach(audio: HTMLAudioElement, atS: number, onFatal: () => void): Promise<void>
  /** With fresh addresses, after the old ones failed. */
  again(audio: HTMLAudioElement, atS: number): Promise<void>
  detach(): void
}

interface Capability {
  token: string
  path: string
}

// A finished reading is one MP3, which every browser plays and seeks by itself. One that is still being made is a playlist that grows.
export async function sourceOf(job: Job): Promise<Source> {
  const capability = await call<Capability>('POST', `/v1/speech/${job.id}/capability`)
  return isFinished(job) ? new Recording(address(capability.path)) : new Playlist(job.id, capability.token)
}

class Recording implements Source {
  constructor(private readonly url: string) {}

  async attach(audio: HTMLAudioElement, atS: number): Promise<void> {
    audio.src = this.url
    if (atS > 0) audio.currentTime = atS
  }

  /** A browser asks the address that it was led to again and again; another query makes it ask ours. */
  async again(audio: HTMLAudioElement, atS: number): Promise<void> {
    audio.src = `${this.url}&again=${Date.now()}`
    audio.currentTime = atS
  }

  detach(): void {}
}

class Playlist implements Source {
  private hls: import('hls.js').default | null = null
  private readonly url: string

  constructor(jobId: string, token: string) {
    this.url = address(`/v1/speech/${jobId}/playlist.m3u8?t=${encodeURIComponent(token)}`)
  }

  async attach(audio: HTMLAudioElement, atS: number, onFatal: () => void): Promise<void> {
    const { default: Hls } = await import('hls.js/light')
    // hls.js first: Chromium's own HLS refuses MP3 although it says "maybe".
    if (!Hls.isSupported()) {
      audio.src = this.url
      if (atS > 0) audio.currentTime = atS
      return
    }
    const hls = new Hls({
      startPosition: atS,
      maxBufferLength: 60,
      backBufferLength: 120,
      // Cues would be put into a track with a data: address, which the page's policy forbids; nobody reads them.
      enableID3MetadataCues: false,
      enableDateRangeMetadataCues: false,
      enableEmsgMetadataCues: false,
    })
    this.hls = hls
    let repairs = 0
    hls.on(Hls.Events.ERROR, (_, problem) => {
      if (!problem.fatal) return
      if (problem.type === Hls.ErrorTypes.NETWORK_ERROR && repairs++ < 5) setTimeout(() => hls.startLoad(), 1000 * repairs)
      else if (problem.type === Hls.ErrorTypes.MEDIA_ERROR && repairs++ < 5) hls.recoverMediaError()
      else onFatal()
    })
    hls.on(Hls.Events.FRAG_BUFFERED, () => {
      repairs = 0
    })
    hls.loadSource(this.url)
    hls.attachMedia(audio)
    await new Promise<void>((resolve) => {
      hls.once(Hls.Events.MANIFEST_PARSED, () => resolve())
      hls.once(Hls.Events.DESTROYING, () => resolve())
    })
  }

  async again(audio: HTMLAudioElement, atS: number): Promise<void> {
    this.detach()
    await this.attach(audio, atS, () => undefined)
  }

  detach(): void {
    this.hls?.destroy()
    this.hls = null
  }
}
