import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Media } from '../../library/model'
import { coveredTop, firstBelow, middle } from '../../parts/viewport'
import { t } from '../../texts'
import { keepLine } from '../place/keepLine'
import { startPlace, useAddressedPlace, useReadingPlace } from '../place/readingPlace'
import { ComicBook } from './comicBook'
import type { ComicPage } from './zip'

const LOAD_MARGIN_PX = 2000 // pages are loaded before they scroll into view

/** The pages of a comic book, one below the other, from the page of the last visit on. */
export function ComicView({ media }: { media: Media }) {
  const book = useMemo(() => new ComicBook(media.id), [media.id])
  const list = useRef<HTMLOListElement>(null)
  const [pages, setPages] = useState<ComicPage[] | null>(null)
  const [hasFailed, setFailed] = useState(false)
  useEffect(() => {
    book.pages().then(setPages, () => setFailed(true))
  }, [book])
  const startPage = useRef(1) // until the reader scrolls; pages that load before it would move it
  useReadingPlace(media.id, () => {
    const page = list.current ? pageInView(list.current) : 0
    return page ? { page } : null
  })
  const jump = useAddressedPlace(media, () => undefined)
  const showStartPage = () => {
    if (startPage.current > 1) list.current?.children[startPage.current - 1]?.scrollIntoView({ block: 'start' })
  }
  useLayoutEffect(() => {
    startPage.current = jump?.page ?? startPlace(media).page ?? 1
    showStartPage()
  }, [pages, jump])
  useEffect(() => {
    const root = list.current
    return root ? keepLine(root, middle, (height) => firstBelow(root.children, height)).stop : undefined
  }, [pages])
  useEffect(() => {
    const controller = new AbortController()
    const onInput = () => {
      startPage.current = 1
    }
    for (const name of ['wheel', 'touchmove', 'keydown', 'pointerdown'])
      addEventListener(name, onInput, { passive: true, signal: controller.signal })
    return () => controller.abort()
  }, [])
  if (hasFailed) return <p class="empty-state">{t.reader.damaged}</p>
  if (!pages) return <output class="spinner" aria-label={t.loading} />
  return (
    <ol class="comic" ref={list}>
      {pages.map((page, index) => (
        <li key={page.name}>
          <ComicPageImage book={book} page={page} label={t.reader.pageNumber(index + 1)} onLoad={showStartPage} />
        </li>
      ))}
    </ol>
  )
}

/** Return the number of the page that is in the middle of the window, below the bar. */
function pageInView(list: HTMLOListElement): number {
  const middle = (coveredTop() + innerHeight) / 2
  return [...list.children].findLastIndex((page) => page.getBoundingClientRect().top <= middle) + 1
}

/** A page, which is loaded when it comes near the window. */
function ComicPageImage({ book, page, label, onLoad }: { book: ComicBook; page: ComicPage; label: string; onLoad: () => void }) {
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
  return (
    <div ref={frame}>{url ? <img src={url} alt={label} onLoad={onLoad} /> : <output class="comic-page spinner" aria-label={label} />}</div>
  )
}
