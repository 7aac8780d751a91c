import '../../styles/book.css'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { HighlightTarget } from '../../listening/highlight'
import { useCaretPress } from '../../parts/caretPress'
import { offerPrinting } from '../../parts/print'
import { toast } from '../../parts/toasts'
import { t } from '../../texts'
import type { BookDocument } from './bookDocument'
import { NotePopover, type OpenNote } from './NotePopover'
import { SectionList } from './sectionList'
import type { TextRun } from './sectionRuns'

const BLOCKS = 'p, h2, h3, h4, h5, h6, li, td, th, caption, pre, dt, dd, figcaption, blockquote, aside'

interface Props {
  book: BookDocument
  title: string
  language: string | null
  /** The look of the text: classes, custom properties, and the height in px of so many characters. */
  look: { class: string; style: Record<string, string>; heightOf: (codePoints: number) => number }
  /** The position to scroll to first. */
  startAt: number | null
  /** True if that is where the reader was: it is the first line then, and not in the middle. */
  startsAtTop: boolean
  onTextPress: (position: number) => void
  /** Called with the view when it can highlight text, and with null when it no longer can. */
  onHighlightTarget: (target: HighlightTarget | null) => void
}

/** A document in its own form: headings, lists, tables, pictures, notes. */
export function BookView({ book, title, language, look, startAt, startsAtTop, onTextPress, onHighlightTarget }: Props) {
  const article = useRef<HTMLElement>(null)
  const list = useRef<SectionList | null>(null)
  const heightOf = useRef(look.heightOf)
  heightOf.current = look.heightOf
  const [note, setNote] = useState<OpenNote | null>(null)

  useEffect(() => {
    if (!article.current) return
    const sections = new SectionList(article.current, book, (codePoints) => heightOf.current(codePoints))
    list.current = sections
    onHighlightTarget(sections)
    if (startAt !== null) sections.reveal(startAt, false, startsAtTop)
    const onPopState = ({ state }: PopStateEvent) => {
      if (typeof state?.textOffset === 'number') sections.reveal(state.textOffset, false)
    }
    addEventListener('popstate', onPopState)
    const stopPrinting = offerPrinting(async () => {
      toast(t.reader.preparingPrint)
      await sections.withAllRendered(() => print())
    })
    return () => {
      stopPrinting()
      removeEventListener('popstate', onPopState)
      onHighlightTarget(null)
      sections.dispose()
      list.current = null
    }
  }, [book])
  useEffect(() => list.current?.layOut(), [JSON.stringify(look.style)])

  /** Go to a position of the document; Back returns. */
  const jump = async (position: number) => {
    setNote(null)
    history.replaceState({ ...history.state, textOffset: list.current?.visiblePosition() ?? 0 }, '')
    history.pushState({ ...history.state, textOffset: position }, '')
    list.current?.reveal(position, false)
    focus(await list.current?.runAt(position).catch(() => null))
  }
  const openNote = async (mark: HTMLElement) => {
    const target = mark.dataset.target === undefined ? null : Number(mark.dataset.target)
    const content = await list.current?.note(mark.dataset.note ?? '', target).catch(() => null)
    if (content) setNote({ mark, content })
    else if (target !== null) await jump(target)
  }
  const onClick = (event: MouseEvent) => {
    const link = (event.target as Element).closest<HTMLElement>('[data-note], [data-target]')
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    void (link.dataset.note === undefined ? jump(Number(link.dataset.target)) : openNote(link))
  }
  const press = useCaretPress((caret) => {
    const position = list.current?.positionAt(caret) ?? null
    if (position !== null) onTextPress(position)
  })
  const onKeyDown = async (event: KeyboardEvent) => {
    if ((event.target as Element).closest('a, button')) return
    const block = (event.target as Element).closest<HTMLElement>(BLOCKS)
    const first = block?.querySelector<HTMLElement>('[data-start]')?.dataset.start
    if (event.key === 'Enter' && first) {
      event.preventDefault() // otherwise the same key press reaches the dialog that opens
      onTextPress(Number(first))
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      focus(block ? await neighbour(block, event.key === 'ArrowDown') : list.current?.firstVisibleRun())
    }
  }
  /** Return the first run of the next or the previous block. */
  const neighbour = async (block: HTMLElement, isNext: boolean): Promise<TextRun | null | undefined> => {
    const runs = [...block.querySelectorAll<HTMLElement>('[data-start]')]
    const edge = isNext ? runs.at(-1) : runs[0]
    if (!edge) return null
    const start = Number(edge.dataset.start)
    const position = isNext ? Number(edge.dataset.end ?? start + [...(edge.textContent ?? '')].length) : start - 1
    return position < 0 ? null : list.current?.runAt(position).catch(() => null)
  }
  const onPointerDown = (event: PointerEvent) => {
    if (!(event.target as Element).closest('a, button, img')) press.onPointerDown(event)
  }
  return (
    <>
      <p class="visually-hidden" id="text-keys">
        {t.reader.keyboardHint}
      </p>
      <article
        ref={article}
        class={`book ${look.class}`}
        style={look.style}
        lang={language ?? undefined}
        aria-label={t.reader.textLabel(title)}
        aria-describedby="text-keys"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: from here, arrow keys move from paragraph to paragraph
        tabIndex={0}
        onPointerDown={onPointerDown}
        onClick={(event) => {
          press.onClick()
          onClick(event)
        }}
        onKeyDown={(event) => void onKeyDown(event)}
      />
      {note && (
        <div style={look.style}>
          <NotePopover note={note} onClick={onClick} onClose={() => setNote(null)} />
        </div>
      )}
    </>
  )
}

/** Move the focus to the block of a run. */
function focus(run: TextRun | null | undefined): void {
  const block = run?.element.closest<HTMLElement>(BLOCKS)
  if (!block) return
  block.tabIndex = -1
  block.focus()
}
