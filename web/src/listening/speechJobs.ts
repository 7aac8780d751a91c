import { call, type Page } from '../api/client'
import { isFinished, isUnderWay, type Job } from './model'

const PAGES_LOOKED_AT = 5 // of 100 readings; older ones can be made again from what is kept, for nothing

/** The readings of one media, newest first. */
export async function readingsOf(mediaId: string): Promise<Job[]> {
  const found: Job[] = []
  let cursor: string | null = null
  for (let number = 0; number < PAGES_LOOKED_AT; number++) {
    const page: Page<Job> = await call('GET', '/v1/speech', { query: { limit: 100, cursor } })
    found.push(...page.items.filter((job) => job.media_id === mediaId))
    cursor = page.next_cursor
    if (!cursor) break
  }
  return found
}

/** The newest that can be listened to. */
export async function latestReading(mediaId: string): Promise<Job | null> {
  const readings = await readingsOf(mediaId).catch(() => [])
  return readings.find((job) => isFinished(job) || isUnderWay(job)) ?? null
}
