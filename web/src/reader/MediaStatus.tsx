import { isFetched, type Media } from '../library/model'
import { Icon } from '../parts/Icon'
import { labelFor, t } from '../texts'
import { isAboutScan } from './RecognitionStatus'

/** Shown instead of a media that is not ready. */
export function NotReady({ media }: { media: Media }) {
  const message = isFetched(media) ? t.reader.fetching : labelFor(t.reader.notReady, media.status)
  return (
    <div class="empty-state" role="status">
      <Icon name={message ? 'upload' : 'warning'} size={44} />
      <h2>{message ?? (media.status === 'rejected' ? t.reader.rejected : t.library.statuses[media.status])}</h2>
      {media.rejection && <p>{media.rejection.detail}</p>}
    </div>
  )
}

/** Notes on what the inspection found or changed. */
export function InspectionNotes({ media }: { media: Media }) {
  const notes = media.notes.filter((note) => !isAboutScan(note))
  if (!notes.length) return null
  return (
    <details class="inspection-notes">
      <summary>{t.reader.inspectionNotes}</summary>
      <ul>
        {notes.map((note) => (
          <li key={note.code}>{note.detail}</li>
        ))}
      </ul>
    </details>
  )
}
