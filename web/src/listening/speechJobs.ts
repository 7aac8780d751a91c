import { call, type Page } from '../api/client'
import { isFinished, isInProgress, type Job } from './model'

const MAX_PAGES = 5 // of 100 jobs; the audio of an older one can be generated again from cached segments, free of charge

/** List the speech jobs of a media, newest first. */
async function listSpeechJobs(mediaId: string): Promise<Job[]> {
  const jobs: Job[] = []
  let cursor: string | null = null
  for (let number = 0; number < MAX_PAGES; number++) {
    const page: Page<Job> = await call('GET', '/v1/speech', { query: { limit: 100, cursor } })
    jobs.push(...page.items.filter((job) => job.media_id === mediaId))
    cursor = page.next_cursor
    if (!cursor) break
  }
  return jobs
}

/** Return the newest job of a media that has audio or is generating it; null if there is none. */
export async function latestPlayableJob(mediaId: string): Promise<Job | null> {
  const jobs = await listSpeechJobs(mediaId).catch(() => [])
  return jobs.find((job) => isFinished(job) || isInProgress(job)) ?? null
}
