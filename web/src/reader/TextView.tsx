import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import type { HighlightTarget } from '../listening/highlight'
import { type Caret, caretAt, useCaretPress } from '../parts/caretPress'
import { offerPrinting } from '../parts/print'
import { toast } from '../parts/toasts'
import { coveredTop, firstBelow, scrollToRange, scrollToTop } from '../parts/viewport'
import { CHUNK_CODE_POINTS, type ReadingText } from '../reading_text/text'
import type { Paragraph, TextChunk } from '../reading_text/textChunk'
import { t } from '../texts'
import { type KeptLine, keepLine } from './place/keepLine'
import { readingSettings, textHeight, textStyle } from './ReadingSettings'

const PARAGRAPHS_PER_BLOCK = 40 // laid out together, when the block comes near the window
const LOAD_MARGIN_PX = 3000 // chunks are loaded before they scroll into view
const RETRY_DELAY_MS = 3000

interface Props {
  text: ReadingText
  title: string
  /** The position to scroll to first. */
  startAt: number | null
  /** True if that is where the reader was: it is the first line then, and not in the middle. */
  startsAtTop: boolean
  onTextPress: (position: number) => void
  /** Called with the view when it can highlight text, and with null when it no longer can. */
  onHighlightTarget: (target: HighlightTarget | null) => void
}

/** The text of a document with its headings. */
export function TextView({ text, title, startAt, startsAtTop, onTextPress, onHighlightTarget }: Props) {
  const article = useRef<HTMLElement>(null)
  const line = useRef<KeptLine | null>(null)
  const revision = useSignal(0)
  const textRevision = text.revision.value // renders again when a chunk is loaded
  useEffect(() => {
    revision.value++
  }, [textRevision])

  const paragraphElement = (chunk: number, index: number) => {
    const block = article.current?.children[chunk]?.children[Math.floor(index / PARAGRAPHS_PER_BLOCK)]
    return block?.children[index % PARAGRAPHS_PER_BLOCK] as HTMLElement | undefined
  }

  useEffect(() => {
    let revealId = 0
    const target: HighlightTarget = {
      revision,
      rangesFor(start, end) {
        const ranges: Range[] = []
        text.chunks.forEach((chunk, number) => {
          if (!chunk || chunk.end <= start || chunk.start >= end) return
          const last = chunk.paragraphAt(Math.max(start, end - 1))
          for (let index = chunk.paragraphAt(start); index <= last; index++) {
            const node = paragraphElement(number, index)?.firstChild
            const paragraph = chunk.paragraphs[index]
            if (!(node instanceof Text) || !paragraph) continue
            const firstUnit = chunk.toUtf16(paragraph.start)
            const offset = (position: number) => Math.min(node.length, Math.max(0, chunk.toUtf16(position) - firstUnit))
            const range = new Range()
            range.setStart(node, offset(start))
            range.setEnd(node, offset(end))
            ranges.push(range)
          }
        })
        return ranges
      },
      reveal(position, isSmooth) {
        const id = ++revealId
        if (text.chunkAt(position)) scrollToPosition(position, isSmooth)
        else
          void text.ensureLoaded(position).then(
            () => requestAnimationFrame(() => id === revealId && scrollTwice(position)),
            () => undefined,
          )
      },
      positionAt,
      visiblePosition() {
        const top = coveredTop()
        const element = firstParagraph(top)
        const place = paragraphOf(element)
        if (!element || !place) return null
        const { chunk, paragraph } = place
        const rect = element.getBoundingClientRect()
        if (rect.top >= top) return paragraph.start
        const caret = caretAt(rect.left + 1, top + 1) // the paragraph begins above the window
        const hidden = Math.round((paragraph.text.length * (top - rect.top)) / rect.height)
        return (caret && positionAt(caret)) ?? chunk.toCodePoint(chunk.toUtf16(paragraph.start) + hidden) // behind a dialog
      },
    }
    const firstParagraph = (top: number) => {
      const block = firstBelow(firstBelow(article.current?.children ?? [], top)?.children ?? [], top)
      return firstBelow(block?.children ?? [], top)
    }
    const scrollToPosition = (position: number, isSmooth: boolean, isAtTop = false) => {
      const [range] = target.rangesFor(position, position + 1)
      if (range && isAtTop) scrollToTop(range)
      else if (range) scrollToRange(range, isSmooth)
    }
    // The first scroll lays out blocks whose height was only estimated; the second one corrects the position.
    const scrollTwice = (position: number, isAtTop = false) => {
      scrollToPosition(position, false, isAtTop)
      requestAnimationFrame(() => scrollToPosition(position, false, isAtTop))
    }
    onHighlightTarget(target)
    if (article.current) line.current = keepLine(article.current, coveredTop, firstParagraph)
    const onFont = () => line.current?.restore()
    document.fonts.addEventListener('loadingdone', onFont)
    if (startAt !== null) scrollTwice(startAt, startsAtTop)
    const stopPrinting = offerPrinting(async () => {
      toast(t.reader.preparingPrint)
      for (const number of text.chunks.keys()) await text.loadChunk(number)
      await new Promise(requestAnimationFrame)
      print()
    })
    return () => {
      document.fonts.removeEventListener('loadingdone', onFont)
      line.current?.stop()
      stopPrinting()
      onHighlightTarget(null)
    }
  }, [text])
  useLayoutEffect(() => line.current?.restore(), [readingSettings.value])

  /** Return the paragraph that an element shows. */
  const paragraphOf = (element: Element | null | undefined): { chunk: TextChunk; paragraph: Paragraph } | null => {
    const start = Number((element?.closest('[data-start]') as HTMLElement | null)?.dataset.start ?? Number.NaN)
    const chunk = Number.isNaN(start) ? null : text.chunkAt(start)
    const paragraph = chunk?.paragraphs[chunk.paragraphAt(start)]
    return chunk && paragraph ? { chunk, paragraph } : null
  }
  const positionAt = ({ node, offset }: Caret): number | null => {
    const place = paragraphOf(node instanceof Element ? node : node.parentElement)
    if (!place) return null
    const { chunk, paragraph } = place
    return node instanceof Text ? chunk.toCodePoint(chunk.toUtf16(paragraph.start) + offset) : paragraph.start
  }
  const pressHandlers = useCaretPress((caret) => {
    const position = positionAt(caret)
    if (position !== null) onTextPress(position)
  })
  const onKeyDown = (event: KeyboardEvent) => {
    const current = paragraphOf(event.target as Element)
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const elements = [...(article.current?.querySelectorAll<HTMLElement>('[data-start]') ?? [])]
      const index = current ? elements.findIndex((element) => Number(element.dataset.start) === current.paragraph.start) : -1
      const next =
        index < 0
          ? elements.find((element) => element.getBoundingClientRect().bottom > 90) // the first one below the bar
          : elements[index + (event.key === 'ArrowDown' ? 1 : -1)]
      next?.focus()
    } else if (event.key === 'Enter' && current) {
      event.preventDefault() // otherwise the same key press reaches the dialog that opens
      onTextPress(current.paragraph.start)
    }
  }

  return (
    <>
      <p class="visually-hidden" id="text-keys">
        {t.reader.keyboardHint}
      </p>
      <article
        ref={article}
        class={`text paper-${readingSettings.value.paper}`}
        style={textStyle()}
        lang={text.language}
        aria-label={t.reader.textLabel(title)}
        aria-describedby="text-keys"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: from here, arrow keys move from paragraph to paragraph
        tabIndex={0}
        {...pressHandlers}
        onKeyDown={onKeyDown}
      >
        {text.chunks.map((chunk, number) =>
          chunk ? <LoadedChunk key={number} chunk={chunk} /> : <ChunkPlaceholder key={number} onNear={() => text.loadChunk(number)} />,
        )}
      </article>
    </>
  )
}

function LoadedChunk({ chunk }: { chunk: TextChunk }) {
  return useMemo(() => renderChunk(chunk), [chunk])
}

function renderChunk(chunk: TextChunk) {
  const blocks = Array.from({ length: Math.ceil(chunk.paragraphs.length / PARAGRAPHS_PER_BLOCK) }, (_, number) =>
    chunk.paragraphs.slice(number * PARAGRAPHS_PER_BLOCK, (number + 1) * PARAGRAPHS_PER_BLOCK),
  )
  return (
    <div>
      {blocks.map((paragraphs) => (
        <div key={paragraphs[0]?.start} class="text-block">
          {paragraphs.map(({ start, text, isHeading }) =>
            isHeading ? (
              <h2 key={start} data-start={start} tabIndex={-1}>
                {text}
              </h2>
            ) : (
              <p key={start} data-start={start} tabIndex={-1}>
                {text}
              </p>
            ),
          )}
        </div>
      ))}
    </div>
  )
}

/** An empty box of the estimated height of a chunk, which is loaded when the box comes near the window. */
function ChunkPlaceholder({ onNear }: { onNear: () => Promise<void> }) {
  const placeholder = useRef<HTMLDivElement>(null)
  useEffect(() => {
    let timer = 0
    const load = () => onNear().catch(() => (timer = setTimeout(load, RETRY_DELAY_MS) as unknown as number))
    const observer = new IntersectionObserver(
      ([entry]) => {
        clearTimeout(timer)
        if (entry?.isIntersecting) void load()
      },
      { rootMargin: `${LOAD_MARGIN_PX}px 0px` },
    )
    if (placeholder.current) observer.observe(placeholder.current)
    return () => {
      clearTimeout(timer)
      observer.disconnect()
    }
  }, [])
  return (
    <div ref={placeholder} class="text-placeholder" style={{ height: `${Math.round(textHeight(CHUNK_CODE_POINTS))}px` }}>
      <output class="spinner" aria-label={t.loading} />
    </div>
  )
}
