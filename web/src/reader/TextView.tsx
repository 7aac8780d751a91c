import { useEffect, useMemo, useRef } from 'preact/hooks'
import { caretAt, type Surface } from '../listening/highlight'
import { t } from '../texts'
import { look, reading } from './settings'
import type { ReadingText } from './text'

const CHUNK = 40 // paragraphs that are laid out together, when they come near the screen

interface Props {
  text: ReadingText
  title: string
  /** A place to begin at. */
  at: number | null
  /** That place was searched for: it is marked until something else is looked at. */
  isFound: boolean
  /** Somebody pointed at a place of the text. */
  onPoint: (point: number) => void
  onSurface: (surface: Surface | null) => void
}

/** A text with its chapters, as one likes to read it. */
export function TextView({ text, title, at, isFound, onPoint, onSurface }: Props) {
  const box = useRef<HTMLElement>(null)
  const chunks = useMemo(() => {
    const all = text.paragraphs.map((paragraph, index) => ({ ...paragraph, index }))
    return Array.from({ length: Math.ceil(all.length / CHUNK) }, (_, number) => all.slice(number * CHUNK, (number + 1) * CHUNK))
  }, [text])

  const element = (index: number) => box.current?.children[Math.floor(index / CHUNK)]?.children[index % CHUNK] as HTMLElement | undefined

  useEffect(() => {
    const surface: Surface = {
      ranges(start, end) {
        const first = text.paragraphAt(start)
        const last = text.paragraphAt(Math.max(start, end - 1))
        const found: Range[] = []
        for (let index = first; index <= last; index++) {
          const node = element(index)?.firstChild
          const paragraph = text.paragraphs[index]
          if (!(node instanceof Text) || !paragraph) continue
          const unit = text.unit(paragraph.start)
          const range = new Range()
          range.setStart(node, Math.min(node.length, Math.max(0, text.unit(start) - unit)))
          range.setEnd(node, Math.min(node.length, Math.max(0, text.unit(end) - unit)))
          found.push(range)
        }
        return found
      },
      reveal(point, isSmooth) {
        const [range] = this.ranges(point, point + 1)
        const place = range?.getBoundingClientRect() ?? element(text.paragraphAt(point))?.getBoundingClientRect()
        if (!place) return
        const isSeen = place.top > innerHeight * 0.18 && place.bottom < innerHeight * 0.62
        if (!isSeen) scrollTo({ top: scrollY + place.top - innerHeight * 0.3, behavior: isSmooth ? 'smooth' : 'instant' })
      },
    }
    onSurface(surface)
    if (at !== null) {
      // Twice: what was not laid out yet had an estimated height.
      surface.reveal(at, false)
      requestAnimationFrame(() => surface.reveal(at, false))
      if (isFound && CSS.highlights) CSS.highlights.set('found', new Highlight(...surface.ranges(...text.sentenceAt(at))))
    }
    return () => {
      onSurface(null)
      CSS.highlights?.delete('found')
    }
  }, [text])

  const onClick = (event: MouseEvent) => {
    if (!getSelection()?.isCollapsed) return
    const caret = caretAt(event.clientX, event.clientY)
    const paragraph = caret?.node.parentElement?.closest<HTMLElement>('[data-index]')
    const known = paragraph && text.paragraphs[Number(paragraph.dataset.index)]
    if (known && caret) onPoint(text.point(text.unit(known.start) + caret.offset))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const here = (event.target as HTMLElement).closest<HTMLElement>('[data-index]')
    const index = Number(here?.dataset.index ?? -1)
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const first = index < 0 ? firstSeen() : index + (event.key === 'ArrowDown' ? 1 : -1)
      element(first)?.focus()
    } else if (event.key === 'Enter' && index >= 0) onPoint(text.paragraphs[index]?.start ?? 0)
  }
  const firstSeen = () => {
    const top = text.paragraphs.findIndex((_, index) => (element(index)?.getBoundingClientRect().bottom ?? 0) > 90)
    return Math.max(0, top)
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
        tabIndex={0}
        onClick={onClick}
        onKeyDown={onKeyDown}
      >
        {chunks.map((chunk) => (
          <div key={chunk[0]?.index} class="text-chunk">
            {chunk.map(({ index, text: words, isHeading }) =>
              isHeading ? (
                <h2 key={index} data-index={index} tabIndex={-1}>
                  {words}
                </h2>
              ) : (
                <p key={index} data-index={index} tabIndex={-1}>
                  {words}
                </p>
              ),
            )}
          </div>
        ))}
      </article>
    </>
  )
}
