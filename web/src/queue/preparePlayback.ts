import { call } from '../api/client'
import { Problem } from '../api/problem'
import { type Media, mediaKind } from '../library/model'
import { isPlayable } from '../library/playActions'
import { positionOf } from '../library/positions'
import { Listening } from '../listening/listening'
import type { Job, Quote } from '../listening/model'
import { chooseRecording, listRecordings, MAX_UNASKED_COST } from '../listening/recordings'
import { displayName } from '../parts/displayName'
import { toast } from '../parts/toasts'
import { navigate } from '../platform/route'
import { FilePlayback } from '../playing/filePlayback'
import type { Playback } from '../playing/model'
import { onScreen } from '../playing/nowPlaying'
import { ReadingText } from '../reading_text/text'
import { t } from '../texts'

const AT_END = 0.98 // of the text: it is played from the start again

export interface QueuedMedia {
  id: string
  title: string
  media_type: string
}

/**
 * Load what playing a media without its screen needs; `ended` has played before. Returns the function that starts it; null, and says so, if
 * it cannot be played. Throws Problem.
 */
export async function preparePlayback({ id, title }: QueuedMedia, ended: Playback | null): Promise<(() => void) | null> {
  const shown = onScreen.peek()
  if (shown?.media.id === id && shown.isLoaded.peek()) return () => shown.play()
  const media = await call<Media>('GET', `/v1/media/${id}`).catch((error) => {
    if (error instanceof Problem && error.status === 404) return null
    throw error
  })
  if (!media || !isPlayable(media)) {
    toast(t.queue.notPlayable(displayName(title)), { isNotice: true })
    return null
  }
  if (mediaKind(media.media_type) === 'audio' || mediaKind(media.media_type) === 'video') return () => new FilePlayback(media).play()
  const position = positionOf(media)
  const job = chooseRecording(await listRecordings(id), position?.text_offset ?? null) ?? (await record(media))
  if (!job) return null
  const version = job.text_version === media.text_version ? null : job.text_version
  const text = await ReadingText.load(id, version, media.language, position?.text_offset ?? null)
  return () => {
    const isElementFree = ended instanceof Listening && ended !== onScreen.peek()
    const listening = new Listening(media, text, isElementFree ? ended.player.audio : undefined)
    void listening.load(job, { play: true, ...(position && position.fraction >= AT_END ? { startAt: job.start } : {}) })
  }
}

/** Start a recording if it costs next to nothing; otherwise the listener is asked to. */
async function record(media: Media): Promise<Job | null> {
  const quote = await call<Quote>('POST', `/v1/media/${media.id}/speech/quote`, { body: {} })
  if (quote.estimated_cost < MAX_UNASKED_COST)
    return call<Job>('POST', `/v1/media/${media.id}/speech`, { body: {}, idempotencyKey: crypto.randomUUID() })
  toast(t.queue.needsRecording(displayName(media.title)), {
    isNotice: true,
    action: { label: t.library.open, onSelect: () => navigate(`/media/${media.id}`) },
  })
  return null
}
