import { useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { Surface } from '../listening/highlight'
import { usePressing } from '../parts/caretPress'
import { PIECE, type ReadingText } from '../reading_text/text'
import type { Paragraph, Piece } from '../reading_text/textChunk'
import { t } from '../texts'
import { look, reading } from './ReadingSettings'

const CHUNK = 40 // paragraphs that are laid out together, when they come near the screen
const NEAR_PX = 3000 // pieces are loaded before they are seen

interface Props {
  text: ReadingText
  title: string
  /** A place to begin at. */
  at: number | null
  /** Somebody pointed at a place of the text. */
  onPoint: (point: number) => void
  onSurface: (surface: Surface | null) => void
}

/** A text with its chapters, as one likes to read it. */
export function TextView({ text, title, at, onPoint, onSurface }: Props) {
  const box = useRef<HTMLElement>(null)
  const drawn = useSignal(0)
  const arrived = text.arrived.value // draws again when a piece has come
  useEffect(() => {
    drawn.value++
  }, [arrived])

  const element = (number: number, index: number) =>
    box.current?.children[number]?.children[Math.floor(index / CHUNK)]?.children[index % CHUNK] as HTMLElement | undefined

  useEffect(() => {
    let wanted = 0
    const surface: Surface = {
      drawn,
      ranges(start, end) {
        const found: Range[] = []
        text.pieces.forEach((piece, number) => {
          if (!piece || piece.end <= start || piece.start >= end) return
          const last = piece.paragraphAt(Math.max(start, end - 1))
          for (let index = piece.paragraphAt(start); index <= last; index++) {
            const node = element(number, index)?.firstChild
            const paragraph = piece.paragraphs[index]
            if (!(node instanceof Text) || !paragraph) continue
            const unit = piece.unit(paragraph.start)
            const within = (point: number) => Math.min(node.length, Math.max(0, piece.unit(point) - unit))
            const range = new Range()
            range.setStart(node, within(start))
            range.setEnd(node, within(end))
            found.push(range)
          }
        })
        return found
      },
      reveal(point, isSmooth) {
        const id = ++wanted
        if (text.at(point)) scroll(point, isSmooth)
        // Drawn when it has come, and once more: what was not laid out yet had an estimated height.
        else
          void text.load(point).then(
            () => requestAnimationFrame(() => id === wanted && settle(point)),
            () => undefined,
          )
      },
    }
    const scroll = (point: number, isSmooth: boolean) => {
      const [range] = surface.ranges(point, point + 1)
      const place = range?.getBoundingClientRect()
      if (!place) return
      const isSeen = place.top > innerHeight * 0.18 && place.bottom < innerHeight * 0.62
      if (!isSeen) scrollTo({ top: scrollY + place.top - innerHeight * 0.3, behavior: isSmooth ? 'smooth' : 'instant' })
    }
    const settle = (point: number) => {
      scroll(point, false)
      requestAnimationFrame(() => scroll(point, false))
    }
    onSurface(surface)
    if (at !== null) settle(at)
    return () => onSurface(null)
  }, [text])

  /** Which paragraph an element shows. */
  const shownBy = (node: Element | null | undefined): { piece: Piece; paragraph: Paragraph } | null => {
    const start = Number((node?.closest('[data-start]') as HTMLElement | null)?.dataset.start ?? Number.NaN)
    const piece = Number.isNaN(start) ? null : text.at(start)
    const paragraph = piece?.paragraphs[piece.paragraphAt(start)]
    return piece && paragraph ? { piece, paragraph } : null
  }
  const pressing = usePressing(({ node, offset }) => {
    const known = shownBy(node.parentElement)
    if (known) onPoint(known.piece.point(known.piece.unit(known.paragraph.start) + offset))
  })
  const onKeyDown = (event: KeyboardEvent) => {
    const here = shownBy(event.target as Element)
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const all = [...(box.current?.querySelectorAll<HTMLElement>('[data-start]') ?? [])]
      const now = here ? all.findIndex((one) => Number(one.dataset.start) === here.paragraph.start) : -1
      const next = now < 0 ? all.find((one) => one.getBoundingClientRect().bottom > 90) : all[now + (event.key === 'ArrowDown' ? 1 : -1)]
      next?.focus()
    } else if (event.key === 'Enter' && here) {
      event.preventDefault() // else the same key presses what has the focus next, in the dialog
      onPoint(here.paragraph.start)
    }
  }

  return (
    <>
      <p class="unseen" id="text-keys">
        {t.reader.fromHere}
      </p>
      <article
        ref={box}
        class={`text paper-${reading.value.paper}`}
        style={look()}
        lang={text.language}
        aria-label={t.reader.textLabel(title)}
        aria-describedby="text-keys"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys go from paragraph to paragraph, from here
        tabIndex={0}
        {...pressing}
        onKeyDown={onKeyDown}
      >
        {text.pieces.map((piece, number) =>
          piece ? <Shown key={number} piece={piece} /> : <Missing key={number} onNear={() => text.loadPiece(number)} />,
        )}
      </article>
    </>
  )
}

function Shown({ piece }: { piece: Piece }) {
  return useMemo(() => drawn(piece), [piece])
}

function drawn(piece: Piece) {
  const chunks = Array.from({ length: Math.ceil(piece.paragraphs.length / CHUNK) }, (_, number) =>
    piece.paragraphs.slice(number * CHUNK, (number + 1) * CHUNK),
  )
  return (
    <div>
      {chunks.map((chunk) => (
        <div key={chunk[0]?.start} class="text-chunk">
          {chunk.map(({ start, text, isHeading }) =>
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

/** The place of a piece that is not loaded, about as high as it will be; it is asked for when it comes near. */
function Missing({ onNear }: { onNear: () => Promise<void> }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    let timer = 0
    const ask = () => onNear().catch(() => (timer = setTimeout(ask, 3000) as unknown as number))
    const observer = new IntersectionObserver(
      ([entry]) => {
        clearTimeout(timer)
        if (entry?.isIntersecting) void ask()
      },
      { rootMargin: `${NEAR_PX}px 0px` },
    )
    if (place.current) observer.observe(place.current)
    return () => {
      clearTimeout(timer)
      observer.disconnect()
    }
  }, [])
  const { size, line, width } = reading.value
  const shown = Math.min(width * size, innerWidth - 40) // of a line, in px; letters are about half as wide as they are high
  const height = (PIECE / (shown / (size * 0.48))) * size * line * 1.15
  return (
    <div ref={place} class="text-missing" style={{ height: `${Math.round(height)}px` }}>
      <output class="spinner" aria-label={t.loading} />
    </div>
  )
}
