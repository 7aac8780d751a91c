import { computed, effect, type ReadonlySignal } from '@preact/signals'
import type { ReadingText } from '../reading_text/text'

const PRELOAD_CODE_POINTS = 3000 // of text, in either direction: enough for skipping sentences

/** Load the text around the word being spoken before it is needed. Returns a function that stops it. */
export function preloadText({ textPosition, text }: { textPosition: ReadonlySignal<number | null>; text: ReadingText }): () => void {
  const windowStart = computed(() =>
    textPosition.value === null ? null : Math.floor(textPosition.value / PRELOAD_CODE_POINTS) * PRELOAD_CODE_POINTS,
  )
  return effect(() => {
    const start = windowStart.value
    if (start === null) return
    for (const position of [start - PRELOAD_CODE_POINTS, start + 2 * PRELOAD_CODE_POINTS])
      text.ensureLoaded(position).catch(() => undefined) // the next window tries again
  })
}
