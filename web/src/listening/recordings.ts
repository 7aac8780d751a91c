import { call, type Page } from '../api/client'
import { persistedSignal } from '../platform/preferences'
import { isFinished, isInProgress, type Job } from './model'

const MAX_PAGES = 5 // of 100; a listener looks at the newest
export const MAX_UNASKED_COST = 0.01 // of a recording, which shows as 0.00: the built-in voice costs a little computing time
const MAX_REMEMBERED = 500 // choices on this device

/** The ids of the recordings that were chosen last on this device, by media; the latest choice is the last. */
const chosen = persistedSignal<Record<string, string>>('recordings', {})

/** List the recordings of a media, newest first: jobs that have audio or are generating it, and those that failed. Throws Problem. */
export async function listRecordings(mediaId: string): Promise<Job[]> {
  const jobs: Job[] = []
  let cursor: string | null = null
  for (let number = 0; number < MAX_PAGES; number++) {
    const page: Page<Job> = await call('GET', `/v1/media/${mediaId}/speech`, { query: { limit: 100, cursor } })
    jobs.push(...page.items)
    cursor = page.next_cursor
    if (!cursor) break
  }
  return jobs
}

export const isPlayable = (job: Job): boolean => isFinished(job) || isInProgress(job)
export const includes = (job: Job, position: number): boolean => job.start <= position && position < job.end

/** Remember which recording of a media plays, for the next visit. */
export function rememberChoice({ id, media_id }: Job): void {
  const { [media_id]: _, ...others } = chosen.peek()
  const kept = Object.entries(others).slice(1 - MAX_REMEMBERED)
  chosen.value = Object.fromEntries([...kept, [media_id, id]])
}

/**
 * Return the recording to play: the one that was chosen last, else one that includes the text `place`, else the one that covers the most.
 * With `mustInclude`, one that includes the place goes before the one that was chosen. Null if there is none.
 */
export function chooseRecording(jobs: readonly Job[], place: number | null, mustInclude = false): Job | null {
  const playable = jobs.filter(isPlayable)
  const atPlace = place === null ? [] : playable.filter((job) => includes(job, place))
  const isChosen = ({ id, media_id }: Job) => chosen.peek()[media_id] === id
  const candidates = atPlace.length ? atPlace : playable
  const last = (mustInclude ? candidates : playable).find(isChosen)
  return last ?? candidates.reduce<Job | null>((best, job) => (best && best.end - best.start >= job.end - job.start ? best : job), null)
}
