import { effect, type ReadonlySignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { Media } from '../library/model'
import type { HighlightTarget } from '../listening/highlight'
import type { Listening } from '../listening/listening'
import { reportErrors, toast } from '../parts/toasts'
import type { ReadingText } from '../reading_text/text'
import { t } from '../texts'
import { DocumentAnnotations } from './documentAnnotations'
import { highlightAt } from './model'
import { BOOKMARK_QUOTE_CHARACTERS, type Passage, quoteOf } from './quote'

interface Reading {
  media: Media
  text: ReadingText | null
  listening: Listening | null
  target: ReadonlySignal<HighlightTarget | null>
  /** The page that is shown, in documents with pages. */
  page: { readonly current: number }
}

/** The annotations of the document that is read, and how to bookmark its current place. */
export function useAnnotations({ media, text, listening, target, page }: Reading) {
  const annotations = useMemo(() => new DocumentAnnotations(media.id), [media.id])
  useEffect(() => {
    // Without them, the document can be read; a change is reported.
    if (media.status === 'ready') annotations.load().catch(() => undefined)
  }, [annotations, media.status, media.text_version])

  const spokenSentence = (): Passage | null => {
    const position = listening?.isPlayRequested.peek() || listening?.word.peek() ? listening.textPosition.peek() : null
    const [start, end] = position === null || !text ? [0, 0] : text.sentenceAt(position)
    return end > start ? { start, end } : null
  }

  /** Bookmark the sentence being spoken, else the first text in the window, else the page. A second time, remove the bookmark. */
  const toggleBookmark = async () => {
    const spoken = listening?.isPlayRequested.peek() ? spokenSentence() : null
    const visible = media.page_count ? (target.peek()?.visiblePosition() ?? null) : spoken ? null : await shownPosition(target)
    const start = spoken?.start ?? visible
    const isHere = (other: number) => other >= (start ?? 0) && other < (spoken?.end ?? (start ?? 0) + 1)
    const existing = annotations.items
      .peek()
      .find((item) => item.kind === 'bookmark' && (start === null ? item.page === page.current : isHere(item.start)))
    await reportErrors(async () => {
      if (existing) {
        await annotations.remove(existing)
        toast(t.annotations.bookmarkDeleted)
        return
      }
      const quote = start === null ? null : quoteOf(text, { start, end: start + BOOKMARK_QUOTE_CHARACTERS })
      const added = await annotations.add({
        kind: 'bookmark',
        start,
        end: null,
        page: start === null ? page.current : null,
        quote,
      })
      toast(t.annotations.bookmarkAdded, {
        action: { label: t.undo, onSelect: () => void reportErrors(() => annotations.remove(added)) },
      })
    })
  }

  /** Open the highlight at a position, if there is one. */
  const openHighlightAt = (position: number): boolean => {
    const highlight = highlightAt(annotations.items.peek(), position)
    if (highlight) annotations.opened.value = highlight
    return highlight !== undefined
  }
  return { annotations, spokenSentence, toggleBookmark, openHighlightAt }
}

/** Wait until some of a document is rendered; return the first position in the window. */
function shownPosition(target: ReadonlySignal<HighlightTarget | null>): Promise<number> {
  return new Promise((resolve) => {
    const stop = effect(() => {
      target.value?.revision.value
      const position = target.value?.visiblePosition() ?? null
      if (position === null) return
      resolve(position)
      queueMicrotask(() => stop())
    })
  })
}
