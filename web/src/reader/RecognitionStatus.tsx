import type { Media } from '../library/model'
import { t } from '../texts'

/** The progress of text recognition, and what can be listened to meanwhile. */
export function RecognitionStatus({ media }: { media: Media }) {
  const { recognition } = media
  if (media.text_status !== 'recognizing' || !recognition) return null
  const { pages_done: done, pages_total: total, text_pages: readable } = recognition
  return (
    <section class="recognition-status" aria-label={t.reader.recognizing}>
      <p>
        <strong>{t.reader.recognizing}</strong> {total > 0 && t.reader.recognizedPages(done, total)}
      </p>
      <progress max={total || undefined} value={total ? done : undefined} aria-label={t.reader.recognizing} />
      <p>{readable && (media.word_count ?? 0) > 0 ? t.reader.listenToFirstPages(readable) : t.reader.listenLater}</p>
    </section>
  )
}
