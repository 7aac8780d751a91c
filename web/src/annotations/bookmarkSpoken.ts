import { reportErrors, toast } from '../parts/toasts'
import type { Playback } from '../playing/model'
import { t } from '../texts'
import { BOOKMARK_QUOTE_CHARACTERS, quoteOf } from './quote'
import { createAnnotation, deleteAnnotation } from './writes'

/** Bookmark the sentence that is spoken; its document need not be open. */
export async function bookmarkSpoken({ media, text, textPosition }: Playback): Promise<void> {
  const position = textPosition?.peek() ?? null
  if (!text || position === null) return
  const [start] = text.sentenceAt(position)
  const quote = quoteOf(text, { start, end: start + BOOKMARK_QUOTE_CHARACTERS })
  const added = await createAnnotation(media.id, crypto.randomUUID(), { kind: 'bookmark', start, end: null, page: null, quote })
  toast(t.annotations.bookmarkAdded, {
    action: { label: t.undo, onSelect: () => void reportErrors(() => deleteAnnotation(added)) },
  })
}
