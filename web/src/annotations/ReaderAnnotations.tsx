import '../styles/annotations.css'
import type { ReadonlySignal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Media } from '../library/model'
import type { HighlightTarget } from '../listening/highlight'
import { onShortcut } from '../parts/shortcuts'
import { announceToScreenReader, reportErrors, toast } from '../parts/toasts'
import type { ReadingText } from '../reading_text/text'
import { t } from '../texts'
import { AnnotationsPanel, deleteWithUndo } from './AnnotationsPanel'
import type { DocumentAnnotations } from './documentAnnotations'
import { drawAnnotations } from './draw'
import { type Annotation, COLOURS, type Colour } from './model'
import { NoteDialog } from './NoteDialog'
import { PassageToolbar } from './PassageToolbar'
import { type Passage, quoteOf } from './quote'
import { selectedPassage } from './selection'

const SELECTION_DELAY_MS = 250 // the selection stands still for so long

interface Props {
  media: Media
  annotations: DocumentAnnotations
  target: ReadonlySignal<HighlightTarget | null>
  text: ReadingText | null
  /** False while an earlier text is shown, in which annotations have no places. */
  isCurrentText: boolean
  isPanelOpen: boolean
  onClosePanel: () => void
  onShowCurrent: () => void
  onReadFrom: (position: number) => void
  onBookmark: () => void
  /** The sentence that is being spoken. */
  spokenSentence: () => Passage | null
}

/** A passage with buttons beside it: the selection, or a highlight that was pressed. */
interface OpenPassage extends Passage {
  rect: DOMRect
  annotation: Annotation | null
}

/** The annotations of the document in the reader: drawn in its text, made from a selection, listed in a sheet. */
export function ReaderAnnotations(props: Props) {
  const { media, annotations, target, text, isCurrentText, onReadFrom, spokenSentence } = props
  const [open, setOpen] = useState<OpenPassage | null>(null)
  const [noted, setNoted] = useState<OpenPassage | null>(null)
  const pendingJump = useRef<Annotation | null>(null)

  useEffect(() => {
    if (target.value && isCurrentText) return drawAnnotations(target.value, annotations.items)
  }, [target.value, annotations, isCurrentText])

  useEffect(() => {
    if (!pendingJump.current || !target.value || !isCurrentText) return
    reveal(pendingJump.current)
    pendingJump.current = null
  }, [target.value, isCurrentText])

  useEffect(() => {
    let timer = 0
    let isPressed = false
    const showSelection = () => {
      clearTimeout(timer)
      if (isPressed) return
      timer = setTimeout(() => {
        const content = document.getElementById('content')
        const view = target.peek()
        const passage = view && content && selectedPassage(view, content)
        if (passage) setOpen({ ...passage, rect: selectionRect(), annotation: null })
        else setOpen((current) => (current?.annotation ? current : null))
      }, SELECTION_DELAY_MS) as unknown as number
    }
    const onPointer = (event: PointerEvent) => {
      if ((event.target as Element).closest?.('.passage-toolbar')) return
      isPressed = event.type === 'pointerdown'
      if (isPressed) setOpen(null)
      else showSelection()
    }
    document.addEventListener('selectionchange', showSelection)
    for (const type of ['pointerdown', 'pointerup', 'pointercancel'] as const) addEventListener(type, onPointer)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('selectionchange', showSelection)
      for (const type of ['pointerdown', 'pointerup', 'pointercancel'] as const) removeEventListener(type, onPointer)
    }
  }, [target])

  // A press on a highlight opens it.
  useEffect(
    () =>
      annotations.opened.subscribe((annotation) => {
        const [range] = annotation ? (target.peek()?.rangesFor(annotation.start, annotation.end) ?? []) : []
        if (annotation && range) setOpen({ start: annotation.start, end: annotation.end, rect: range.getBoundingClientRect(), annotation })
        annotations.opened.value = null
      }),
    [annotations],
  )

  const close = () => {
    getSelection()?.removeAllRanges()
    setOpen(null)
  }
  const add = async (passage: Passage, changes: { colour?: Colour; note?: string }) => {
    const { start, end } = passage
    close()
    await annotations.add({ kind: 'highlight', start, end, page: null, quote: quoteOf(text, passage), ...changes })
    announceToScreenReader(t.annotations.highlighted)
  }
  const setColour = (passage: OpenPassage, colour: Colour) =>
    reportErrors(() => {
      close()
      return passage.annotation ? annotations.update(passage.annotation, { colour }) : add(passage, { colour })
    })
  const copy = (passage: OpenPassage) =>
    reportErrors(async () => {
      await navigator.clipboard.writeText(String(getSelection() ?? '') || passage.annotation?.quotation.exact || '')
      close()
      toast(t.annotations.copied)
    })
  const saveNote = (passage: OpenPassage) => async (note: string | null) => {
    if (passage.annotation) await annotations.update(passage.annotation, { note })
    else await add(passage, note ? { note } : {})
  }

  /** The passage that a key is for: the one with buttons, else the sentence being spoken. */
  const currentPassage = (): OpenPassage | null => {
    const passage = open ?? spokenSentence()
    if (!passage) toast(t.annotations.selectFirst, { isNotice: true })
    return passage && { rect: new DOMRect(), annotation: null, ...passage }
  }
  const latest = useRef<Record<string, () => void>>({})
  latest.current = {
    ...(open ? { Escape: close } : {}),
    b: props.onBookmark,
    h: () => {
      const passage = currentPassage()
      if (passage) void setColour(passage, passage.annotation?.colour ?? COLOURS[0])
    },
    n: () => {
      const passage = currentPassage()
      if (passage) setNoted(passage)
    },
  }
  useEffect(() => onShortcut((key) => latest.current[key]), [])

  function reveal(annotation: Annotation) {
    const isPageOnly = annotation.page && !annotation.quotation.exact
    if (isPageOnly) document.querySelector(`[data-page="${annotation.page}"]`)?.scrollIntoView()
    else target.peek()?.reveal(annotation.start, false)
  }

  return (
    <>
      {open && !noted && (
        <PassageToolbar
          label={t.annotations.passage}
          rect={open.rect}
          colour={open.annotation?.colour ?? null}
          onColour={(colour) => void setColour(open, colour)}
          onClose={close}
          actions={[
            {
              icon: 'note',
              label: open.annotation?.note ? t.annotations.editNote : t.annotations.addNote,
              shortcut: 'n',
              onSelect: () => setNoted(open),
            },
            { icon: 'copy', label: t.annotations.copy, onSelect: () => void copy(open) },
            {
              icon: 'listen',
              label: t.annotations.readFrom,
              onSelect: () => {
                close()
                onReadFrom(open.start)
              },
            },
            ...(open.annotation
              ? [
                  {
                    icon: 'trash' as const,
                    label: t.delete,
                    onSelect: () => {
                      close()
                      if (open.annotation) void deleteWithUndo(annotations, open.annotation)
                    },
                  },
                ]
              : []),
          ]}
        />
      )}
      {noted && (
        <NoteDialog
          quote={noted.annotation?.quotation.exact ?? quoteOf(text, noted) ?? ''}
          note={noted.annotation?.note ?? ''}
          onSave={saveNote(noted)}
          onClose={() => {
            setNoted(null)
            close()
          }}
        />
      )}
      {props.isPanelOpen && (
        <AnnotationsPanel
          media={media}
          annotations={annotations}
          onClose={props.onClosePanel}
          onJump={(annotation) => {
            props.onClosePanel()
            if (isCurrentText) reveal(annotation)
            else {
              pendingJump.current = annotation
              props.onShowCurrent()
            }
          }}
        />
      )}
    </>
  )
}

function selectionRect(): DOMRect {
  const rects = [...(getSelection()?.getRangeAt(0).getClientRects() ?? [])].filter(({ width }) => width > 0)
  const top = Math.min(...rects.map((rect) => rect.top))
  const bottom = Math.max(...rects.map((rect) => rect.bottom))
  const left = Math.min(...rects.map((rect) => rect.left))
  const right = Math.max(...rects.map((rect) => rect.right))
  return rects.length ? new DOMRect(left, top, right - left, Math.min(bottom, innerHeight * 0.7) - top) : new DOMRect()
}
