import { isFetched, type Media } from '../library/model'
import { rejectionText } from '../library/rejection'
import { Icon } from '../parts/Icon'
import { labelFor, t } from '../texts'
import { isAboutText } from './RecognitionStatus'

/** Shown instead of a media that is not ready. */
export function NotReady({ media }: { media: Media }) {
  const message = isFetched(media) ? t.reader.fetching : labelFor(t.reader.notReady, media.status)
  return (
    <div class="empty-state" role="status">
      <Icon name={message ? 'upload' : 'warning'} size={44} />
      <h2>{message ?? (media.status === 'rejected' ? t.reader.rejected : t.library.statuses[media.status])}</h2>
      {media.rejection && <p>{rejectionText(media.rejection)}</p>}
    </div>
  )
}

/** Notes on what the inspection found or changed. */
export function InspectionNotes({ media }: { media: Media }) {
  const folded = media.notes.filter((note) => !isAboutText(note))
  const open = media.is_scan ? [] : media.notes.filter(isAboutText) // those of a scan are shown with its recognition
  return (
    <>
      {open.map((note) => (
        <p key={note.code} class="inspection-notes">
          {note.detail}
        </p>
      ))}
      {folded.length > 0 && (
        <details class="inspection-notes">
          <summary>{t.reader.inspectionNotes}</summary>
          <ul>
            {folded.map((note) => (
              <li key={note.code}>{note.detail}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  )
}
