import { useEffect, useMemo, useRef } from 'preact/hooks'
import { call } from '../api/client'
import type { Media } from '../library/model'
import { Listening } from '../listening/listening'
import { isInProgress, type Job, type LoadOptions, type Quote } from '../listening/model'
import { chooseRecording, includes, listRecordings, MAX_UNASKED_COST } from '../listening/recordings'
import { reportErrors, toast } from '../parts/toasts'
import { leave, show } from '../playing/control'
import { nowPlaying } from '../playing/nowPlaying'
import type { ReadingText } from '../reading_text/text'
import { t } from '../texts'

/** The playback of a document that goes on from another screen; null if there is none. */
export function playingDocument(mediaId: string): Listening | null {
  const playback = nowPlaying.peek()
  return playback instanceof Listening && playback.media.id === mediaId && playback.job.peek() ? playback : null
}

interface Options {
  media: Media
  /** The text that is shown, and its version. */
  text: ReadingText | null
  version: number | null
  /** The text position to start at. */
  startAt: { readonly current: number | null }
  isSearchHit: boolean
  onVersion: (version: number | null) => void
}

/** The playback of the document on the screen: the one that plays already, or a new one with the recording that was chosen last. */
export function useListening({ media, text, version, startAt, isSearchHit, onVersion }: Options) {
  const pendingJob = useRef<{ job: Job; options: LoadOptions } | null>(null)
  const isCurrentChosen = useRef(false)
  const listening = useMemo(() => {
    const playing = playingDocument(media.id)
    if (playing?.job.peek()?.text_version === version) return playing
    return text && new Listening(media, text)
  }, [text])

  useEffect(() => {
    if (!listening) return
    show(listening)
    const pending = pendingJob.current
    pendingJob.current = null
    if (pending) open(pending.job, pending.options)
    else if (!listening.job.peek())
      void listRecordings(media.id).then(
        (jobs) => {
          const position = startAt.current
          const job = chooseRecording(jobs, position, isSearchHit)
          if (job && !listening.job.peek()) open(job, { play: false, ...(isSearchHit && position !== null ? { startAt: position } : {}) })
        },
        () => undefined, // the text can be read without
      )
    return () => leave(listening)
  }, [listening])
  // The text is made again while it is shown: by text recognition, or because another language was chosen.
  useEffect(() => {
    if (!listening?.job.peek()) onVersion(media.text_version)
  }, [media.text_version])

  /** Load a recording, if necessary after the text that it was made of. */
  function open(job: Job, options: LoadOptions) {
    if (job.text_version === version) {
      text?.keep(job.text_version)
      // Who has left the reader meanwhile hears it, too.
      const playback = listening?.player.isDisposed && options.play && text ? new Listening(media, text) : listening
      void playback?.load(job, options)
    } else if (options.play || !isCurrentChosen.current) {
      pendingJob.current = { job, options }
      onVersion(job.text_version)
    }
  }

  function showCurrentText() {
    isCurrentChosen.current = true
    onVersion(media.text_version)
  }

  /** Play from a position: in this recording, in another one that includes it, or in a new one. Returns false if that costs. */
  async function playFrom(position: number): Promise<boolean> {
    const job = listening?.job.peek()
    if (!listening || listening.playFrom(position)) return true
    if (job && includes(job, position)) {
      toast(isInProgress(job) ? t.listening.notGeneratedYet : t.listening.notInRecording, { isNotice: true })
      return true
    }
    const others = await listRecordings(media.id).catch(() => [])
    const other = chooseRecording(
      others.filter((candidate) => candidate.text_version === version && includes(candidate, position)),
      position,
    )
    if (other) {
      open(other, { play: true, startAt: position })
      return true
    }
    return job !== null && job !== undefined && version === media.text_version && (await recordFrom(job, position))
  }

  /** Start a recording from a position in the voice of another one, if it costs next to nothing. */
  async function recordFrom({ voice, language, skip }: Job, position: number): Promise<boolean> {
    await text?.ensureLoaded(position).catch(() => undefined)
    const start = text?.sentenceAt(position)[0] ?? position
    const body = { voice, start, skip, ...(language === media.language ? {} : { language }) }
    const quote = await call<Quote>('POST', `/v1/media/${media.id}/speech/quote`, { body }).catch(() => null)
    if (!quote || quote.estimated_cost >= MAX_UNASKED_COST) return false
    await reportErrors(async () => {
      const job = await call<Job>('POST', `/v1/media/${media.id}/speech`, { body, idempotencyKey: crypto.randomUUID() })
      toast(t.listening.recordingFromHere)
      open(job, { play: true, startAt: start })
    })
    return true
  }

  return { listening, open, showCurrentText, playFrom }
}
