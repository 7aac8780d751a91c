import { call } from '../api/client'
import { saveFile } from '../library/actions'
import { reportErrors, toast } from '../parts/toasts'
import { t } from '../texts'
import type { Job } from './model'

export const EXPORT_FORMATS = ['mp3', 'm4b', 'zip', 'epub', 'vtt', 'srt'] as const
type ExportFormat = (typeof EXPORT_FORMATS)[number]

const POLL_INTERVAL_MS = 1000

interface RecordingExport {
  id: string
  status: 'queued' | 'running' | 'done' | 'failed'
  url: string | null
  error: string | null
}

/** Export a recording to a file and download it as soon as it is ready; errors are shown. */
export async function exportRecording(job: Job, format: ExportFormat): Promise<void> {
  const path = `/v1/speech/${job.id}/exports`
  const isPending = ({ status }: RecordingExport) => status === 'queued' || status === 'running'
  await reportErrors(async () => {
    const { id } = await call<RecordingExport>('POST', path, { body: { format }, idempotencyKey: crypto.randomUUID() })
    let current = await call<RecordingExport>('GET', `${path}/${id}`)
    if (isPending(current)) toast(t.listening.preparingDownload, { isNotice: true })
    while (isPending(current)) {
      await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS))
      current = await call<RecordingExport>('GET', `${path}/${id}`)
    }
    if (current.url) saveFile(current.url)
    else toast(current.error ?? t.listening.exportFailed, { isError: true })
  })
}
