import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { t } from '../../texts'
import { ComicBook } from './comicBook'
import type { ComicPage } from './zip'

const LOAD_MARGIN_PX = 2000 // pages are loaded before they scroll into view

/** The pages of a comic book, one below the other. */
export function ComicView({ mediaId }: { mediaId: string }) {
  const book = useMemo(() => new ComicBook(mediaId), [mediaId])
  const [pages, setPages] = useState<ComicPage[] | null>(null)
  const [hasFailed, setFailed] = useState(false)
  useEffect(() => {
    book.pages().then(setPages, () => setFailed(true))
  }, [book])
  if (hasFailed) return <p class="empty-state">{t.reader.damaged}</p>
  if (!pages) return <output class="spinner" aria-label={t.loading} />
  return (
    <ol class="comic">
      {pages.map((page, index) => (
        <li key={page.name}>
          <ComicPageImage book={book} page={page} label={t.reader.pageNumber(index + 1)} />
        </li>
      ))}
    </ol>
  )
}

/** A page, which is loaded when it comes near the window. */
function ComicPageImage({ book, page, label }: { book: ComicBook; page: ComicPage; label: string }) {
  const frame = useRef<HTMLDivElement>(null)
  const [url, setUrl] = useState('')
  const [hasFailed, setFailed] = useState(false)
  useEffect(() => {
    let objectUrl = ''
    let isCurrent = true
    const load = async () => {
      const picture = await book.load(page)
      if (!isCurrent) return
      objectUrl = URL.createObjectURL(picture)
      setUrl(objectUrl)
    }
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting) return
        observer.disconnect()
        load().catch(() => isCurrent && setFailed(true))
      },
      { rootMargin: `${LOAD_MARGIN_PX}px 0px` },
    )
    if (frame.current) observer.observe(frame.current)
    return () => {
      isCurrent = false
      observer.disconnect()
      URL.revokeObjectURL(objectUrl)
    }
  }, [book, page])
  if (hasFailed) return <p class="empty-state">{t.reader.damaged}</p>
  return <div ref={frame}>{url ? <img src={url} alt={label} /> : <output class="comic-page spinner" aria-label={label} />}</div>
}
