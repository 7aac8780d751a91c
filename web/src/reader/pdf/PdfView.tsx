import '../../styles/pdf.css'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { call } from '../../api/client'
import { errorMessage } from '../../api/problem'
import type { SignedUrl } from '../../library/model'
import type { HighlightTarget } from '../../listening/highlight'
import { useCaretPress } from '../../parts/caretPress'
import { Icon } from '../../parts/Icon'
import { offerPrinting } from '../../parts/print'
import { firstBelow, middle } from '../../parts/viewport'
import { useWidth } from '../../parts/width'
import { persistedSignal } from '../../platform/preferences'
import { t } from '../../texts'
import { type KeptLine, keepLine, type Line, lineAt, moveLineTo } from '../place/keepLine'
import { PageField } from './PageField'
import { PdfPage } from './PdfPage'
import { PageCache } from './pageCache'
import { PageIndex } from './pageIndex'
import { Pdf } from './pdf'

/** White pages become dark, and colours keep their hue. */
const hasDarkPages = persistedSignal('darkPages', false)
const ZOOM_LEVELS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3]
const MARGIN_PX = 12
const MAX_WIDTH_PX = 900 // of a page at zoom 1

interface Props {
  mediaId: string
  pageCount: number
  hasText: boolean
  /** The version of the text that is highlighted; null for the current one. */
  textVersion: number | null
  language: string | null
  /** The text position to scroll to first. */
  startAt: number | null
  /** The page to scroll to first, without a text position. */
  startPage: number
  startZoom: number
  /** A page to go to, of an address that the reader has opened; null before the first one. */
  jump: { page: number } | null
  onPage: (page: number) => void
  onZoom: (zoom: number) => void
  onTextPress: (position: number) => void
  /** Called with the view when it can highlight text, and with null when it no longer can. */
  onHighlightTarget: (target: HighlightTarget | null) => void
}

/** The pages of a PDF, with an invisible text layer for selecting, finding and highlighting. */
export function PdfView({
  mediaId,
  pageCount: expectedPageCount,
  hasText,
  textVersion,
  language,
  startAt,
  startPage,
  startZoom,
  jump,
  onPage,
  onZoom,
  onTextPress,
  onHighlightTarget,
}: Props) {
  const pdf = useMemo(() => new Pdf(mediaId), [mediaId])
  const pageIndex = useMemo(() => new PageIndex(mediaId, textVersion, expectedPageCount), [mediaId, textVersion, expectedPageCount])
  const cache = useMemo(() => new PageCache(pageIndex, goTo), [pageIndex])
  const container = useRef<HTMLDivElement>(null)
  const [firstPage, setFirstPage] = useState<{ width: number; height: number; pages: number } | null>(null)
  const [zoom, setZoom] = useState(ZOOM_LEVELS.findLast((level) => level <= startZoom) ?? 1)
  const availableWidth = useWidth(container)
  const [page, setPage] = useState(1)
  const [error, setError] = useState('')
  const [attempt, setAttempt] = useState(0)
  const pressHandlers = useCaretPress((caret) => cache.press(caret, onTextPress))

  useEffect(() => {
    let isCurrent = true
    setError('')
    pdf
      .open()
      .then(async (document) => {
        const { width, height } = (await document.getPage(1)).getViewport({ scale: 1 })
        if (isCurrent) setFirstPage({ width, height, pages: document.numPages })
      })
      .catch((thrown) => isCurrent && setError(`${t.reader.damaged} ${errorMessage(thrown)}`))
    return () => {
      isCurrent = false
      pdf.close()
    }
  }, [pdf, attempt])

  const scale = firstPage && availableWidth ? (Math.min(availableWidth - 2 * MARGIN_PX, MAX_WIDTH_PX) / firstPage.width) * zoom : 0
  function pageElement(number: number) {
    return container.current?.querySelector<HTMLElement>(`[data-page="${number}"]`)
  }
  function goTo(number: number) {
    pageElement(number)?.scrollIntoView({ block: 'start' })
  }

  // Zooming keeps the middle of the window in place, and so does another width.
  const anchor = useRef<Line | null>(null)
  const zoomTo = (level: number) => {
    anchor.current = lineAt(middle(), pageElement(page) ?? undefined)
    setZoom(level)
    onZoom(level)
  }
  const line = useRef<KeptLine | null>(null)
  useEffect(() => {
    const pages = container.current?.querySelector<HTMLElement>('.pdf-pages')
    if (!pages || !scale) return
    line.current = keepLine(pages, middle, (height) => firstBelow(pages.children, height))
    return line.current.stop
  }, [scale > 0])
  useLayoutEffect(() => line.current?.restore(), [availableWidth])
  useLayoutEffect(() => {
    if (anchor.current) moveLineTo(middle(), anchor.current)
    anchor.current = null
  }, [zoom])

  useEffect(() => {
    if (!firstPage || !scale) return
    const observer = new IntersectionObserver(
      (entries) => {
        const entry = entries.filter(({ isIntersecting }) => isIntersecting).at(-1)
        if (!entry) return
        const number = Number((entry.target as HTMLElement).dataset.page)
        setPage(number)
        onPage(number)
      },
      { rootMargin: '-45% 0px -45% 0px' },
    )
    for (const element of container.current?.querySelectorAll('[data-page]') ?? []) observer.observe(element)
    return () => observer.disconnect()
  }, [firstPage, scale > 0])

  useEffect(() => {
    if (firstPage && scale && startAt === null && startPage > 1) goTo(startPage)
  }, [firstPage, scale > 0])
  useEffect(() => {
    if (jump) goTo(jump.page)
  }, [jump])
  useEffect(() => {
    if (!firstPage || !scale || !hasText) return
    onHighlightTarget(cache)
    if (startAt !== null) cache.reveal(startAt, false)
    return () => onHighlightTarget(null)
  }, [firstPage, scale > 0, hasText])

  // The browser prints the file itself better than images of its pages.
  useEffect(
    () =>
      offerPrinting(async () => {
        const { url } = await call<SignedUrl>('GET', `/v1/media/${mediaId}/url`, { query: { variant: 'view', disposition: 'inline' } })
        Object.assign(document.createElement('a'), { href: url, target: '_blank', rel: 'noopener' }).click()
      }),
    [mediaId],
  )

  const count = firstPage?.pages ?? expectedPageCount
  return (
    <div class="pdf" ref={container}>
      <div class="pdf-tools" role="toolbar" aria-label={t.reader.pages}>
        <PageField page={page} count={count} onPage={goTo} />
        <button
          type="button"
          class="quiet square"
          aria-label={t.reader.zoomOut}
          disabled={zoom === ZOOM_LEVELS[0]}
          onClick={() => zoomTo(ZOOM_LEVELS[ZOOM_LEVELS.indexOf(zoom) - 1] ?? zoom)}
        >
          <Icon name="minus" />
        </button>
        <button
          type="button"
          class="quiet square"
          aria-label={t.reader.zoomIn}
          disabled={zoom === ZOOM_LEVELS.at(-1)}
          onClick={() => zoomTo(ZOOM_LEVELS[ZOOM_LEVELS.indexOf(zoom) + 1] ?? zoom)}
        >
          <Icon name="plus" />
        </button>
        <button
          type="button"
          class="quiet square"
          aria-label={t.reader.darkPages}
          title={t.reader.darkPages}
          aria-pressed={hasDarkPages.value}
          onClick={() => {
            hasDarkPages.value = !hasDarkPages.value
          }}
        >
          <Icon name="contrast" />
        </button>
      </div>
      <p class="print-note">{t.reader.printPages}</p>
      {error && (
        <div class="empty-state" role="alert">
          <p>{error}</p>
          <button type="button" class="plain" onClick={() => setAttempt(attempt + 1)}>
            {t.tryAgain}
          </button>
        </div>
      )}
      {!error && !scale && <output class="spinner" aria-label={t.loading} />}
      <div class={`pdf-pages ${hasDarkPages.value ? 'dark-pages' : ''}`} lang={language ?? undefined} {...pressHandlers}>
        {firstPage &&
          scale > 0 &&
          Array.from({ length: count }, (_, number) => (
            <PdfPage
              key={number}
              pdf={pdf}
              number={number + 1}
              scale={scale}
              estimatedSize={firstPage}
              pageIndex={hasText ? pageIndex : null}
              cache={cache}
            />
          ))}
      </div>
    </div>
  )
}
