import { save } from '../library/actions'
import { tell } from '../parts/notices'
import { address, call } from '../platform/api'
import { sentence } from '../platform/problem'
import type { Job } from './model'

/** What can be taken along of a reading besides its recording. */
export const exportKinds = ['vtt'] as const

export async function makeExport(job: Job, _kind: 'vtt', title: string): Promise<void> {
  try {
    const { token } = await call<{ token: string }>('POST', `/v1/speech/${job.id}/capability`)
    const answer = await fetch(address(`/v1/speech/${job.id}/captions.vtt?t=${encodeURIComponent(token)}`))
    const url = URL.createObjectURL(await answer.blob())
    save(url, `${title}.vtt`)
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
  } catch (error) {
    tell(sentence(error), { isError: true })
  }
}
