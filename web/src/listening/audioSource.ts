import type { Loader, PlaylistLoaderConstructor, PlaylistLoaderContext } from 'hls.js'
import { apiUrl, call } from '../api/client'
import { isShared, resourcePath } from '../api/share'
import { type AudioSource, NativeSource } from '../playing/audioSource'
import { withTimelyReloads } from './growingPlaylist'
import { isFinished, type Job } from './model'

/** A token in the URL, for media elements, which send no headers. */
interface LinkToken {
  token: string
  path: string
}

/** A finished recording is one MP3, which every browser plays and seeks natively; one that is being generated is a growing playlist. */
export async function createAudioSource(job: Job): Promise<AudioSource> {
  if (isShared()) return createHlsSource(apiUrl(resourcePath(`/v1/speech/${job.id}/playlist.m3u8`)), true)
  const link = await call<LinkToken>('POST', `/v1/speech/${job.id}/capability`)
  if (isFinished(job)) return new NativeSource(apiUrl(link.path), true)
  return createHlsSource(apiUrl(`/v1/speech/${job.id}/playlist.m3u8?t=${encodeURIComponent(link.token)}`), false)
}

async function createHlsSource(playlist: string, isComplete: boolean): Promise<AudioSource> {
  const { default: Hls } = await import('hls.js/light')
  // hls.js is preferred: Chromium's native HLS rejects MP3 segments, although it reports "maybe".
  return Hls.isSupported() ? new HlsSource(playlist, Hls) : new NativeSource(playlist, isComplete)
}

// Retried for as long as an outage lasts: meanwhile the minute of audio plays that is buffered. Status 4xx is final, because the
// token in the URL may have expired: a new source has a fresh one.
const RETRY_FOREVER = {
  maxNumRetry: Number.POSITIVE_INFINITY,
  retryDelayMs: 1000,
  maxRetryDelayMs: 8000,
  shouldRetry: (_: unknown, __: number, ___: boolean, response: { code?: number } | undefined) =>
    Math.floor((response?.code ?? 0) / 100) !== 4,
}
const LOAD_POLICY = { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 60_000, timeoutRetry: RETRY_FOREVER, errorRetry: RETRY_FOREVER }

type HlsClass = typeof import('hls.js').default

/** The loader of hls.js for the playlist that `audio` plays, from `startS` on. */
function createPlaylistLoader(Hls: HlsClass, audio: HTMLMediaElement, startS: number) {
  return class extends (Hls.DefaultConfig.loader as PlaylistLoaderConstructor) {
    override load(...[context, config, callbacks]: Parameters<Loader<PlaylistLoaderContext>['load']>): void {
      const onSuccess: typeof callbacks.onSuccess = (response, ...rest) => {
        if (!audio.paused && typeof response.data === 'string')
          response.data = withTimelyReloads(response.data, audio.currentTime || startS, audio.playbackRate)
        callbacks.onSuccess(response, ...rest)
      }
      super.load(context, config, { ...callbacks, onSuccess })
    }
  }
}

/** A growing playlist, played by hls.js. */
class HlsSource implements AudioSource {
  isComplete = false
  private hls: InstanceType<HlsClass> | null = null

  constructor(
    private readonly url: string,
    private readonly Hls: HlsClass,
  ) {}

  attach(audio: HTMLMediaElement, startS: number, onError: () => void): void {
    const hls = new this.Hls({
      startPosition: startS,
      maxBufferLength: 60,
      backBufferLength: 120,
      fragLoadPolicy: { default: LOAD_POLICY },
      playlistLoadPolicy: { default: LOAD_POLICY },
      pLoader: createPlaylistLoader(this.Hls, audio, startS),
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
