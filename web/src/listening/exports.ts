import { call } from '../api/client'
import { sentence } from '../api/problem'
import { save } from '../library/actions'
import { tell } from '../parts/toasts'
import { t } from '../texts'
import type { Job } from './model'

export const FORMATS = ['mp3', 'zip', 'epub', 'vtt'] as const
type Format = (typeof FORMATS)[number]

const LOOK_EVERY_MS = 1000

interface Export {
  id: string
  status: 'queued' | 'running' | 'done' | 'failed'
  url: string | null
  error: string | null
}

/** Have a reading made into a file and hand it over when it is there. What exists already is there at once. */
export async function takeAlong(job: Job, format: Format): Promise<void> {
  const path = `/v1/speech/${job.id}/exports`
  try {
    const { id } = await call<Export>('POST', path, { body: { format }, idempotencyKey: crypto.randomUUID() })
    let made = await call<Export>('GET', `${path}/${id}`)
    if (made.status === 'queued' || made.status === 'running') tell(t.listening.exporting)
    while (made.status === 'queued' || made.status === 'running') {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
      made = await call<Export>('GET', `${path}/${id}`)
    }
    if (made.url) save(made.url)
    else tell(made.error ?? t.listening.exportFailed, { isError: true })
  } catch (error) {
    tell(sentence(error), { isError: true })
  }
}
