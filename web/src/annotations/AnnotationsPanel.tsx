import { useState } from 'preact/hooks'
import type { Media } from '../library/model'
import { Dialog } from '../parts/Dialog'
import { Icon } from '../parts/Icon'
import { reportErrors, toast } from '../parts/toasts'
import { t } from '../texts'
import { AnnotationItem } from './AnnotationItem'
import type { DocumentAnnotations } from './documentAnnotations'
import { EXPORT_FORMATS, exportAnnotations } from './export'
import type { Annotation } from './model'
import { NoteDialog } from './NoteDialog'

interface Props {
  media: Media
  annotations: DocumentAnnotations
  onJump: (annotation: Annotation) => void
  onClose: () => void
}

/** A sheet with the annotations of a document, in the order of its text. */
export function AnnotationsPanel({ media, annotations, onJump, onClose }: Props) {
  const [edited, setEdited] = useState<Annotation | null>(null)
  const items = annotations.items.value
  return (
    <Dialog title={t.shell.notes} kind="sheet" hasClearBackdrop onClose={onClose}>
      {items.length === 0 && <p class="hint">{t.annotations.emptyHint}</p>}
      <ul class="annotation-list">
        {items.map((annotation) => (
          <AnnotationItem
            key={annotation.id}
            annotation={annotation}
            renderPassage={(passage) => (
              <button type="button" class="annotation-jump" disabled={annotation.detached} onClick={() => onJump(annotation)}>
                {passage}
              </button>
            )}
            onEdit={() => setEdited(annotation)}
            onDelete={() => void deleteWithUndo(annotations, annotation)}
          />
        ))}
      </ul>
      {items.length > 0 && (
        <div class="annotation-exports">
          {EXPORT_FORMATS.map((format) => (
            <button key={format} type="button" class="plain" onClick={() => void reportErrors(() => exportAnnotations(media, format))}>
              <Icon name="download" size={18} /> {t.annotations.exports[format]}
            </button>
          ))}
        </div>
      )}
      {edited && (
        <NoteDialog
          quote={edited.quotation.exact}
          note={edited.note ?? ''}
          onSave={(note) => annotations.update(edited, { note })}
          onClose={() => setEdited(null)}
        />
      )}
    </Dialog>
  )
}

/** Delete an annotation, and offer to bring it back. */
export async function deleteWithUndo(annotations: DocumentAnnotations, annotation: Annotation): Promise<void> {
  await reportErrors(async () => {
    await annotations.remove(annotation)
    const { kind, start, end, page, colour, note, quotation } = annotation
    const draft = { kind, start, end, page, quote: quotation.exact || null, ...(colour ? { colour } : {}), ...(note ? { note } : {}) }
    toast(kind === 'bookmark' ? t.annotations.bookmarkDeleted : t.annotations.highlightDeleted, {
      action: { label: t.undo, onSelect: () => void reportErrors(() => annotations.add(draft)) },
    })
  })
}
