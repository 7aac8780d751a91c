import '../../styles/pdf.css'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { sentence } from '../../api/problem'
import type { Surface } from '../../listening/highlight'
import { usePressing } from '../../parts/caretPress'
import { Icon } from '../../parts/Icon'
import { useWidth } from '../../parts/width'
import { t } from '../../texts/index'
import { PageField } from './PageField'
import { Sheet } from './PdfPage'
import { DrawnPages } from './pageCache'
import { PageIndex } from './pages'
import { Pdf } from './pdf'

const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3]

interface Props {
  mediaId: string
  pages: number
  hasText: boolean
  language: string | null
  at: number | null
  onPoint: (point: number) => void
  onSurface: (surface: Surface | null) => void
}

/** A PDF as it was printed, with its text on top: to be selected, found, and lit. */
export function PdfView({ mediaId, pages: told, hasText, language, at, onPoint, onSurface }: Props) {
  const pdf = useMemo(() => new Pdf(mediaId), [mediaId])
  const index = useMemo(() => new PageIndex(mediaId, told), [mediaId, told])
  const drawn = useMemo(() => new DrawnPages(index, goTo), [index])
  const box = useRef<HTMLDivElement>(null)
  const [shape, setShape] = useState<{ width: number; height: number; pages: number } | null>(null)
  const [zoom, setZoom] = useState(1)
  const room = useWidth(box)
  const [page, setPage] = useState(1)
  const [error, setError] = useState('')
  const [attempt, setAttempt] = useState(0)
  const pressing = usePressing((caret) => {
    const point = drawn.pointAt(caret)
    if (point !== null) onPoint(point)
  })

  useEffect(() => {
    let isCurrent = true
    setError('')
    pdf
      .open()
      .then(async (document) => {
        const { width, height } = (await document.getPage(1)).getViewport({ scale: 1 })
        if (isCurrent) setShape({ width, height, pages: document.numPages })
      })
      .catch((problem) => isCurrent && setError(`${t.reader.damaged} ${sentence(problem)}`))
    return () => {
      isCurrent = false
      pdf.close()
    }
  }, [pdf, attempt])

  const scale = shape && room ? (Math.min(room - 24, 900) / shape.width) * zoom : 0
  function sheet(number: number) {
    return box.current?.querySelector<HTMLElement>(`[data-page="${number}"]`)
  }
  function goTo(number: number) {
    sheet(number)?.scrollIntoView({ block: 'start' })
  }

  // Whatever is in the middle of the screen stays there while the pages grow or shrink.
  const held = useRef(0)
  const zoomTo = (to: number) => {
    const place = sheet(page)?.getBoundingClientRect()
    held.current = place ? (innerHeight / 2 - place.top) / place.height : 0
    setZoom(to)
  }
  useLayoutEffect(() => {
    const place = sheet(page)?.getBoundingClientRect()
    if (place && held.current) scrollBy({ top: place.top + held.current * place.height - innerHeight / 2, behavior: 'instant' })
    held.current = 0
  }, [zoom])

  useEffect(() => {
    if (!shape || !scale) return
    const seen = new IntersectionObserver(
      (entries) => {
        const best = entries.filter((entry) => entry.isIntersecting).at(-1)
        if (best) setPage(Number((best.target as HTMLElement).dataset.page))
      },
      { rootMargin: '-45% 0px -45% 0px' },
    )
    for (const each of box.current?.querySelectorAll('[data-page]') ?? []) seen.observe(each)
    return () => seen.disconnect()
  }, [shape, scale > 0])

  useEffect(() => {
    if (!shape || !scale || !hasText) return
    onSurface(drawn)
    if (at !== null) drawn.reveal(at, false)
    return () => onSurface(null)
  }, [shape, scale > 0, hasText])

  const count = shape?.pages ?? told
  return (
    <div class="pdf" ref={box}>
      <div class="pdf-tools" role="toolbar" aria-label={t.reader.pages}>
        <PageField page={page} count={count} onPage={goTo} />
        <button
          type="button"
          class="quiet square"
          aria-label={t.reader.zoomOut}
          disabled={zoom === ZOOMS[0]}
          onClick={() => zoomTo(ZOOMS[ZOOMS.indexOf(zoom) - 1] ?? zoom)}
        >
          <Icon name="minus" />
        </button>
        <button
          type="button"
          class="quiet square"
          aria-label={t.reader.zoomIn}
          disabled={zoom === ZOOMS.at(-1)}
          onClick={() => zoomTo(ZOOMS[ZOOMS.indexOf(zoom) + 1] ?? zoom)}
        >
          <Icon name="plus" />
        </button>
      </div>
      {error && (
        <div class="nothing" role="alert">
          <p>{error}</p>
          <button type="button" class="plain" onClick={() => setAttempt(attempt + 1)}>
            {t.tryAgain}
          </button>
        </div>
      )}
      {!error && !scale && <output class="spinner" aria-label={t.loading} />}
      <div class="pdf-pages" lang={language ?? undefined} {...pressing}>
        {shape &&
          scale > 0 &&
          Array.from({ length: count }, (_, at) => (
            <Sheet key={at} pdf={pdf} number={at + 1} scale={scale} shape={shape} index={hasText ? index : null} drawn={drawn} />
          ))}
      </div>
    </div>
  )
}
