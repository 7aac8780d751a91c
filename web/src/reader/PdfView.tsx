import '../styles/pdf.css'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { caretAt, type Surface } from '../listening/highlight'
import { Icon } from '../parts/Icon'
import { useWidth } from '../parts/width'
import { sentence } from '../platform/problem'
import { t } from '../texts'
import { type Aligned, align, overlapping } from './align'
import { PageIndex } from './pages'
import { Pdf, TextLayer } from './pdf'

const NEAR_PX = 900 // pages are drawn before they are seen
const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3]
const MAX_PIXELS = 16_000_000 // of one page; phones refuse larger canvases

interface Shown {
  aligned: Aligned[]
  nodes: Text[]
}

interface Props {
  mediaId: string
  title: string
  pages: number
  hasText: boolean
  language: string | null
  at: number | null
  onPoint: (point: number) => void
  onSurface: (surface: Surface | null) => void
}

/** A PDF as it was printed, with its text on top: to be selected, found, and lit. */
export function PdfView({ mediaId, title, pages: told, hasText, language, at, onPoint, onSurface }: Props) {
  const pdf = useMemo(() => new Pdf(mediaId), [mediaId])
  const index = useMemo(() => new PageIndex(mediaId, told), [mediaId, told])
  const box = useRef<HTMLDivElement>(null)
  const [shape, setShape] = useState<{ width: number; height: number; pages: number } | null>(null)
  const [zoom, setZoom] = useState(1)
  const room = useWidth(box)
  const [page, setPage] = useState(1)
  const [error, setError] = useState('')
  const shown = useRef(new Map<number, Shown>())

  useEffect(() => {
    let isCurrent = true
    pdf
      .open()
      .then(async (document) => {
        const viewport = (await document.getPage(1)).getViewport({ scale: 1 })
        if (isCurrent) setShape({ width: viewport.width, height: viewport.height, pages: document.numPages })
      })
      .catch((problem) => isCurrent && setError(`${t.reader.damaged} ${sentence(problem)}`))
    return () => {
      isCurrent = false
      pdf.close()
    }
  }, [pdf])

  const scale = shape && room ? (Math.min(room - 24, 900) / shape.width) * zoom : 0
  const sheet = (number: number) => box.current?.querySelector<HTMLElement>(`[data-page="${number}"]`)
  const goTo = (number: number) => sheet(number)?.scrollIntoView({ block: 'start' })

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
  }, [shape, scale])

  useEffect(() => {
    if (!shape || !scale || !hasText) return
    let wanted = 0
    const surface: Surface = {
      ranges(start, end) {
        const found: Range[] = []
        for (const { aligned, nodes } of shown.current.values()) {
          let line = -1
          let range = new Range()
          for (const entry of overlapping(aligned, start, end)) {
            const node = nodes[entry.node]
            if (!node?.isConnected) continue
            // Words of one line are one range, so that the spaces between them are lit as well.
            if (line !== entry.node) {
              range = new Range()
              range.setStart(node, entry.from)
              found.push(range)
              line = entry.node
            }
            range.setEnd(node, entry.to)
          }
        }
        return found
      },
      reveal(point, isSmooth) {
        const id = ++wanted
        const [range] = this.ranges(point, point + 1)
        if (range) {
          const place = range.getBoundingClientRect()
          const isSeen = place.top > innerHeight * 0.15 && place.bottom < innerHeight * 0.65
          if (!isSeen) scrollTo({ top: scrollY + place.top - innerHeight * 0.3, behavior: isSmooth ? 'smooth' : 'instant' })
          return
        }
        void index
          .pageOf(point)
          .then((number) => id === wanted && goTo(number))
          .catch(() => undefined)
      },
    }
    onSurface(surface)
    if (at !== null) surface.reveal(at, false)
    return () => onSurface(null)
  }, [shape, scale > 0, hasText])

  const onClick = (event: MouseEvent) => {
    if (!getSelection()?.isCollapsed) return
    const caret = caretAt(event.clientX, event.clientY)
    if (!caret) return
    for (const { aligned, nodes } of shown.current.values()) {
      const node = nodes.indexOf(caret.node as Text)
      const entry = node < 0 ? undefined : aligned.find((one) => one.node === node && caret.offset <= one.to)
      if (entry) {
        onPoint(entry.start)
        return
      }
    }
  }

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
          onClick={() => setZoom(ZOOMS[ZOOMS.indexOf(zoom) - 1] ?? zoom)}
        >
          <Icon name="minus" />
        </button>
        <button
          type="button"
          class="quiet square"
          aria-label={t.reader.zoomIn}
          disabled={zoom === ZOOMS.at(-1)}
          onClick={() => setZoom(ZOOMS[ZOOMS.indexOf(zoom) + 1] ?? zoom)}
        >
          <Icon name="plus" />
        </button>
      </div>
      {error && (
        <p class="nothing" role="alert">
          {error}
        </p>
      )}
      {!error && !scale && <output class="spinner" aria-label={t.loading} />}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a place is pointed at; the text view does the same with keys */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: as above */}
      <div class="pdf-pages" lang={language ?? undefined} onClick={onClick}>
        {shape &&
          scale > 0 &&
          Array.from({ length: count }, (_, at) => (
            <Sheet
              key={at}
              pdf={pdf}
              number={at + 1}
              title={title}
              scale={scale}
              width={shape.width * scale}
              height={shape.height * scale}
              index={hasText ? index : null}
              onShown={(what) => {
                if (what) shown.current.set(at + 1, what)
                else shown.current.delete(at + 1)
              }}
            />
          ))}
      </div>
    </div>
  )
}

function PageField({ page, count, onPage }: { page: number; count: number; onPage: (page: number) => void }) {
  const [text, setText] = useState<string | null>(null)
  return (
    <form
      class="page-field"
      onSubmit={(event) => {
        event.preventDefault()
        const wanted = Math.round(Number(text))
        if (wanted >= 1) onPage(Math.min(wanted, count))
        setText(null)
      }}
    >
      <label>
        {t.reader.page}
        <input
          inputMode="numeric"
          size={4}
          aria-label={t.reader.jump}
          value={text ?? String(page)}
          onInput={(event) => setText(event.currentTarget.value)}
          onFocus={(event) => event.currentTarget.select()}
          onBlur={() => setText(null)}
        />
      </label>
      <span>{t.reader.ofPages(count)}</span>
    </form>
  )
}

interface SheetProps {
  pdf: Pdf
  number: number
  title: string
  scale: number
  width: number
  height: number
  index: PageIndex | null
  onShown: (shown: Shown | null) => void
}

/** One page: a place of its size until it comes near the screen, then its picture and its text. */
function Sheet({ pdf, number, scale, width, height, index, onShown }: SheetProps) {
  const sheet = useRef<HTMLElement>(null)
  const [isNear, setNear] = useState(false)
  const [size, setSize] = useState({ width, height })
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => setNear(entry?.isIntersecting ?? false), { rootMargin: `${NEAR_PX}px 0px` })
    if (sheet.current) observer.observe(sheet.current)
    return () => observer.disconnect()
  }, [])

  useEffect(() => {
    if (!isNear || !sheet.current) return
    const place = sheet.current
    let isCurrent = true
    let stop = () => {}
    const draw = pdf.with(number, async (page) => {
      const viewport = page.getViewport({ scale })
      if (!isCurrent) return
      setSize({ width: viewport.width, height: viewport.height })
      const ratio = Math.min(devicePixelRatio, 2, Math.sqrt(MAX_PIXELS / (viewport.width * viewport.height)))
      const canvas = document.createElement('canvas')
      canvas.width = Math.floor(viewport.width * ratio)
      canvas.height = Math.floor(viewport.height * ratio)
      canvas.setAttribute('aria-hidden', 'true')
      const task = page.render({ canvas, viewport, ...(ratio === 1 ? {} : { transform: [ratio, 0, 0, ratio, 0, 0] }) })
      stop = () => task.cancel()
      await task.promise
      if (!isCurrent) return
      place.replaceChildren(canvas)
      const layer = document.createElement('div')
      layer.className = 'textLayer'
      layer.style.setProperty('--total-scale-factor', String(scale))
      const text = new TextLayer({ textContentSource: page.streamTextContent(), container: layer, viewport })
      stop = () => text.cancel()
      await text.render()
      if (!isCurrent) return
      place.append(layer)
      if (!index) return
      const nodes = text.textDivs.flatMap((div) => (div.firstChild instanceof Text ? [div.firstChild] : []))
      const { text: spoken, start } = await index.at(number)
      const pieces = nodes.map((node) => node.data)
      if (isCurrent) onShown({ nodes, aligned: align(spoken, start, pieces) })
    })
    draw.catch((error) => {
      if (isCurrent) place.replaceChildren(sentence(error))
    })
    return () => {
      isCurrent = false
      stop()
      onShown(null)
      place.replaceChildren()
    }
  }, [isNear, scale])

  return (
    <section
      ref={sheet}
      class="pdf-page"
      data-page={number}
      aria-label={t.reader.pageNumber(number)}
      style={{ width: `${Math.floor(size.width)}px`, height: `${Math.floor(size.height)}px` }}
    />
  )
}
