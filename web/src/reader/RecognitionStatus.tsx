import { useState } from 'preact/hooks'
import { type Media, mediaKind } from '../library/model'
import { t } from '../texts'
import { RecognitionDialog } from './RecognitionDialog'

// Notes that say why a text is missing or may be wrong, by the codes of the API. They are not folded away.
const TEXT_CODES = [
  ...['no_text_layer', 'some_pages_without_text', 'garbled_text', 'dynamic_form', 'empty', 'unreadable'],
  ...['pages_not_recognized', 'pages_recognized_poorly'],
]

export const isAboutText = (note: { code: string }) => TEXT_CODES.includes(note.code)

/** What a scan or a picture of text is: the progress of its text recognition, what can be listened to meanwhile, and another try. */
export function RecognitionStatus({ media, onChanged }: { media: Media; onChanged: () => void }) {
  const [isChoosing, setChoosing] = useState(false)
  const isPicture = mediaKind(media.media_type) === 'image'
  if (!(media.is_scan || isPicture)) return null
  const { recognition } = media
  const isRunning = media.text_status === 'recognizing' && recognition !== null
  const notes = media.notes.filter(isAboutText)
  const choose = (
    <button type="button" class="plain" onClick={() => setChoosing(true)}>
      {isRunning ? t.reader.chooseLanguages : media.is_scan ? t.reader.recognizeAgain : t.reader.readPicture}
    </button>
  )
  return (
    <>
      {!media.is_scan ? (
        <p class="picture-text">{choose}</p>
      ) : isRunning ? (
        <section class="recognition-status" aria-label={isPicture ? t.reader.recognizingPicture : t.reader.recognizing}>
          <Progress media={media} recognition={recognition} />
          {choose}
        </section>
      ) : notes.length ? (
        <section class="recognition-status" aria-label={isPicture ? t.reader.picture : t.reader.scan}>
          {notes.map((note) => (
            <p key={note.code}>{note.detail}</p>
          ))}
          {choose}
        </section>
      ) : (
        <details class="inspection-notes">
          <summary>{isPicture ? t.reader.pictureText : t.reader.scan}</summary>
          {!isPicture && <p>{t.reader.scanHint}</p>}
          {choose}
        </details>
      )}
      {isChoosing && (
        <RecognitionDialog
          media={media}
          onClose={() => {
            setChoosing(false)
            onChanged()
          }}
        />
      )}
    </>
  )
}

function Progress({ media, recognition }: { media: Media; recognition: NonNullable<Media['recognition']> }) {
  const { pages_done: done, pages_total: total, text_pages: readable } = recognition
  if (mediaKind(media.media_type) === 'image')
    return (
      <>
        <p>
          <strong>{t.reader.recognizingPicture}</strong>
        </p>
        <progress aria-label={t.reader.recognizingPicture} />
      </>
    )
  return (
    <>
      <p>
        <strong>{t.reader.recognizing}</strong> {total > 0 && t.reader.recognizedPages(done, total)}
      </p>
      <progress max={total || undefined} value={total ? done : undefined} aria-label={t.reader.recognizing} />
      <p>{readable && (media.word_count ?? 0) > 0 ? t.reader.listenToFirstPages(readable) : t.reader.listenLater}</p>
    </>
  )
}
