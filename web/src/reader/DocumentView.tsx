import { useEffect, useState } from 'preact/hooks'
import type { Media } from '../library/model'
import type { HighlightTarget } from '../listening/highlight'
import { displayName } from '../parts/displayName'
import type { ReadingText } from '../reading_text/text'
import { t } from '../texts'
import { BookView } from './book/BookView'
import { BookDocument } from './book/bookDocument'
import { loadTextFont, readingSettings, textHeight, textStyle } from './ReadingSettings'
import { TextView } from './TextView'

interface Props {
  media: Media
  /** The version of the text that is shown. */
  version: number
  /** The text of that version; null until it is loaded. */
  text: ReadingText | null
  /** The position to scroll to first. */
  startAt: number | null
  /** True if that is where the reader was: it is the first line then, and not in the middle. */
  startsAtTop: boolean
  onTextPress: (position: number) => void
  /** Called with the view when it can highlight text, and with null when it no longer can. */
  onHighlightTarget: (target: HighlightTarget | null) => void
}

/** The text of a media: in the document's own form where there is one, else as paragraphs. */
export function DocumentView({ media, version, text, ...view }: Props) {
  const isFormatted = media.has_document && media.text_version === version
  const [book, setBook] = useState<BookDocument | null | 'loading'>('loading')
  useEffect(() => {
    let isCurrent = true
    setBook('loading')
    const opening = isFormatted ? BookDocument.open(media.id, version) : Promise.resolve(null)
    // Without the document's form, for example while it is made again, its text may be there.
    void Promise.all([opening.catch(() => null), loadTextFont()]).then(([opened]) => isCurrent && setBook(opened))
    return () => {
      isCurrent = false
    }
  }, [media.id, version, isFormatted])

  const title = displayName(media.title)
  const look = { class: `text paper-${readingSettings.value.paper}`, style: textStyle(), heightOf: textHeight }
  if (book && book !== 'loading')
    return <BookView key={version} book={book} title={title} language={media.language} look={look} {...view} />
  if (book === null && text) return <TextView text={text} title={title} {...view} />
  return <output class="spinner" aria-label={t.loading} />
}
