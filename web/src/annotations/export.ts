import { callForText } from '../api/client'
import type { Media } from '../library/model'

export const EXPORT_FORMATS = ['markdown', 'jsonld'] as const

type ExportFormat = (typeof EXPORT_FORMATS)[number]

const TYPES = { markdown: ['text/markdown', 'md'], jsonld: ['application/ld+json', 'jsonld'] } as const
const REVOKE_DELAY_MS = 60_000 // a browser may ask where to save the file first

/** Save all annotations of a document as a file. Throws Problem. */
export async function exportAnnotations(media: Pick<Media, 'id' | 'title'>, format: ExportFormat): Promise<void> {
  const [type, extension] = TYPES[format]
  const content = await callForText(`/v1/media/${media.id}/annotations/export`, { format })
  const url = URL.createObjectURL(new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${media.title}.${extension}`
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_DELAY_MS)
}
