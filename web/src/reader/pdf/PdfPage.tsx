import { useEffect, useRef, useState } from 'preact/hooks'
import { sentence } from '../../api/problem'
import { t } from '../../texts/index'
import type { DrawnPages } from './pageCache'
import type { PageIndex } from './pages'
import { type Pdf, type PdfPage, TextLayer } from './pdf'
import { align } from './textAlignment'

const NEAR_PX = 900 // pages are drawn before they are seen
const MAX_PIXELS = 16_000_000 // of one page; phones refuse larger canvases

interface Props {
  pdf: Pdf
  number: number
  scale: number
  /** What it probably measures; each page may have a size of its own. */
  shape: { width: number; height: number }
  /** null: there is no reading text to find on it. */
  index: PageIndex | null
  drawn: DrawnPages
}

/** One page: a place of its size until it comes near the screen, then its picture and its text. */
export function Sheet({ pdf, number, scale, shape, index, drawn }: Props) {
  const sheet = useRef<HTMLElement>(null)
  const [isNear, setNear] = useState(false)
  const [own, setOwn] = useState(shape)
  const layer = useRef<HTMLElement | null>(null)
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => setNear(entry?.isIntersecting ?? false), { rootMargin: `${NEAR_PX}px 0px` })
    if (sheet.current) observer.observe(sheet.current)
    return () => observer.disconnect()
  }, [])

  useEffect(() => {
    const place = sheet.current
    if (!isNear || !place) return
    let isCurrent = true
    let stop = () => {}
    const draw = pdf.with(number, async (page) => {
      if (!isCurrent) return
      const { width, height } = page.getViewport({ scale: 1 })
      setOwn({ width, height })
      const painting = paint(page, scale)
      stop = painting.stop
      const canvas = await painting.done
      if (!isCurrent) return
      place.querySelector('canvas')?.remove()
      place.prepend(canvas)
      if (layer.current) return // it grows with its page
      const words = document.createElement('div')
      words.className = 'textLayer'
      const text = new TextLayer({ textContentSource: page.streamTextContent(), container: words, viewport: page.getViewport({ scale }) })
      stop = () => text.cancel()
      await text.render()
      if (!isCurrent) return
      place.append(words)
      layer.current = words
      if (!index) return
      const nodes = text.textDivs.flatMap((div) => (div.firstChild instanceof Text ? [div.firstChild] : []))
      const { text: spoken, start } = await index.at(number)
      const pieces = nodes.map((node) => node.data)
      if (layer.current === words) drawn.put(number, { nodes, aligned: align(spoken, start, pieces) })
    })
    draw.catch((error) => {
      if (isCurrent) place.replaceChildren(sentence(error))
    })
    return () => {
      isCurrent = false
      stop()
    }
  }, [isNear, scale])

  useEffect(() => {
    const place = sheet.current
    if (!isNear || !place) return
    return () => {
      for (const canvas of place.querySelectorAll('canvas')) canvas.width = canvas.height = 0 // else its memory waits for the collector
      place.replaceChildren()
      layer.current = null
      drawn.put(number, null)
      pdf.forget(number)
    }
  }, [isNear])

  return (
    <section
      ref={sheet}
      class="pdf-page"
      data-page={number}
      aria-label={t.reader.pageNumber(number)}
      style={{
        width: `${Math.floor(own.width * scale)}px`,
        height: `${Math.floor(own.height * scale)}px`,
        '--total-scale-factor': String(scale),
      }}
    />
  )
}

function paint(page: PdfPage, scale: number): { done: Promise<HTMLCanvasElement>; stop: () => void } {
  const viewport = page.getViewport({ scale })
  const ratio = Math.min(devicePixelRatio, 2, Math.sqrt(MAX_PIXELS / (viewport.width * viewport.height)))
  const canvas = document.createElement('canvas')
  canvas.width = Math.floor(viewport.width * ratio)
  canvas.height = Math.floor(viewport.height * ratio)
  canvas.setAttribute('aria-hidden', 'true')
  const task = page.render({ canvas, viewport, ...(ratio === 1 ? {} : { transform: [ratio, 0, 0, ratio, 0, 0] }) })
  return { done: task.promise.then(() => canvas), stop: () => task.cancel() }
}
