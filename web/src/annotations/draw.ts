import { effect, type ReadonlySignal } from '@preact/signals'
import type { HighlightTarget } from '../listening/highlight'
import { type Annotation, COLOURS } from './model'

const BOOKMARK_CHARACTERS = 24 // of the marked text, so that it can be seen

/**
 * Draw annotations with CSS highlights, which leave the document as it is. Detached ones are in the list only. Returns a function that
 * stops it.
 */
export function drawAnnotations(target: HighlightTarget, annotations: ReadonlySignal<readonly Annotation[]>): () => void {
  if (!CSS.highlights) return () => undefined
  const names = ['annotation-bookmark', 'annotation-note', ...COLOURS.map((colour) => `annotation-${colour}`)]
  const highlights = new Map(names.map((name) => [name, new Highlight()]))
  for (const [name, highlight] of highlights) CSS.highlights.set(name, highlight)
  let frame = 0
  const draw = () => {
    for (const highlight of highlights.values()) highlight.clear()
    for (const { kind, colour, note, start, end, detached } of annotations.peek()) {
      if (detached) continue
      const isBookmark = kind === 'bookmark'
      for (const range of target.rangesFor(start, isBookmark ? start + BOOKMARK_CHARACTERS : end)) {
        highlights.get(isBookmark ? 'annotation-bookmark' : `annotation-${colour}`)?.add(range)
        if (note) highlights.get('annotation-note')?.add(range)
      }
    }
  }
  const stop = effect(() => {
    target.revision.value
    annotations.value
    cancelAnimationFrame(frame)
    frame = requestAnimationFrame(draw)
  })
  return () => {
    stop()
    cancelAnimationFrame(frame)
    for (const name of names) CSS.highlights.delete(name)
  }
}
