import { useEffect, useRef, useState } from 'preact/hooks'
import { errorMessage } from '../../api/problem'
import { t } from '../../texts'
import type { PageCache } from './pageCache'
import type { PageIndex } from './pageIndex'
import { type Pdf, type PdfPageProxy, TextLayer } from './pdf'
import { alignWords } from './textAlignment'

const MIN_FONT_SIZE = '--min-font-size' // of PDF.js, which multiplies fonts by it and divides their boxes
const MIN_FONT_SCALE = 4 // a line of 3 pixels, as on a phone, has 12
const RENDER_MARGIN_PX = 900 // pages are rendered before they scroll into view
const MAX_PIXELS = 16_000_000 // of one page; phones reject larger canvases

interface Props {
  pdf: Pdf
  number: number
  scale: number
  /** The size of the first page: pages may differ, but most do not. */
  estimatedSize: { width: number; height: number }
  /** null if there is no reading text to align. */
  pageIndex: PageIndex | null
  cache: PageCache
}

/** A page of a PDF: an empty box of its size until it comes near the window, then its image and its text layer. */
export function PdfPage({ pdf, number, scale, estimatedSize, pageIndex, cache }: Props) {
  const section = useRef<HTMLElement>(null)
  const [isNear, setNear] = useState(false)
  const [size, setSize] = useState(estimatedSize)
  const textLayer = useRef<HTMLElement | null>(null)
  useEffect(() => {
    const options = { rootMargin: `${RENDER_MARGIN_PX}px 0px` }
    const observer = new IntersectionObserver(([entry]) => setNear(entry?.isIntersecting ?? false), options)
    if (section.current) observer.observe(section.current)
    return () => observer.disconnect()
  }, [])

  useEffect(() => {
    const element = section.current
    if (!isNear || !element) return
    let isCurrent = true
    let stop = () => {}
    const rendering = pdf.withPage(number, async (page) => {
      if (!isCurrent) return
      const { width, height } = page.getViewport({ scale: 1 })
      setSize({ width, height })
      const task = renderPage(page, scale)
      stop = task.stop
      const canvas = await task.done
      if (!isCurrent) return
      element.querySelector('canvas')?.remove()
      element.prepend(canvas)
      if (textLayer.current) return // it scales with the page
      const container = document.createElement('div')
      container.className = 'textLayer'
      const layer = new TextLayer({ textContentSource: page.streamTextContent(), container, viewport: page.getViewport({ scale }) })
      enlargeText(container)
      stop = () => layer.cancel()
      await layer.render()
      if (!isCurrent) return
      element.append(container)
      textLayer.current = container
      if (!pageIndex) return
      const nodes = layer.textDivs.flatMap((div) => (div.firstChild instanceof Text ? [div.firstChild] : []))
      const { text, start } = await pageIndex.pageText(number)
      const nodeTexts = nodes.map((node) => node.data)
      if (textLayer.current === container) cache.set(number, { nodes, aligned: alignWords(text, start, nodeTexts) })
    })
    rendering.catch((error) => {
      if (isCurrent) element.replaceChildren(errorMessage(error))
    })
    return () => {
      isCurrent = false
      stop()
    }
  }, [isNear, scale])

  useEffect(() => {
    const element = section.current
    if (!isNear || !element) return
    return () => {
      for (const canvas of element.querySelectorAll('canvas')) canvas.width = canvas.height = 0 // frees its memory at once
      element.replaceChildren()
      textLayer.current = null
      cache.set(number, null)
      pdf.releasePage(number)
    }
  }, [isNear])

  return (
    <section
      ref={section}
      class="pdf-page"
      data-page={number}
      aria-label={t.reader.pageNumber(number)}
      style={{
        width: `${Math.floor(size.width * scale)}px`,
        height: `${Math.floor(size.height * scale)}px`,
        '--total-scale-factor': String(scale),
      }}
    />
  )
}

function renderPage(page: PdfPageProxy, scale: number): { done: Promise<HTMLCanvasElement>; stop: () => void } {
  const viewport = page.getViewport({ scale })
  const ratio = Math.min(devicePixelRatio, 2, Math.sqrt(MAX_PIXELS / (viewport.width * viewport.height)))
  const canvas = document.createElement('canvas')
  canvas.width = Math.floor(viewport.width * ratio)
  canvas.height = Math.floor(viewport.height * ratio)
  canvas.setAttribute('aria-hidden', 'true')
  const task = page.render({ canvas, viewport, ...(ratio === 1 ? {} : { transform: [ratio, 0, 0, ratio, 0, 0] }) })
  return { done: task.promise.then(() => canvas), stop: () => task.cancel() }
}

/** Lay the invisible text out large and shrink it to its place: browsers round the boxes of small letters, and auditors find them illegible. */
function enlargeText(container: HTMLElement): void {
  const smallest = Number(container.style.getPropertyValue(MIN_FONT_SIZE)) // that the browser's user allows
  container.style.setProperty(MIN_FONT_SIZE, String(Math.max(smallest, MIN_FONT_SCALE)))
}
