import type { ReadonlySignal } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'
import type { HighlightTarget } from '../listening/highlight'
import type { Listening } from '../listening/listening'
import { coveredTop } from '../parts/viewport'
import { readingSettings } from './ReadingSettings'

const FOCUSED_LINES = 3
const START = 0.4 // of the window's height

interface Props {
  target: ReadonlySignal<HighlightTarget | null>
  listening: Listening | null
}

/** A band over the text that follows the pointer, the focus and the spoken word: a ruler, or all that is not dimmed. */
export function ReadingGuide({ target, listening }: Props) {
  const { guide, size, line } = readingSettings.value
  const [middle, setMiddle] = useState<number | null>(null)
  useEffect(() => {
    const onPointer = (event: PointerEvent) => setMiddle(event.clientY)
    const onFocus = (event: FocusEvent) => {
      const paragraph = (event.target as Element).closest?.('.text [data-start]')
      if (paragraph) setMiddle(paragraph.getBoundingClientRect().top + lineHeight / 2)
    }
    addEventListener('pointermove', onPointer, { passive: true })
    addEventListener('pointerdown', onPointer, { passive: true })
    addEventListener('focusin', onFocus)
    return () => {
      removeEventListener('pointermove', onPointer)
      removeEventListener('pointerdown', onPointer)
      removeEventListener('focusin', onFocus)
    }
  }, [])
  useEffect(
    () =>
      listening?.word.subscribe((word) => {
        if (!word || !listening.isPlayRequested.peek()) return
        const [, , start, end] = word
        const rect = target.peek()?.rangesFor(start, end)[0]?.getBoundingClientRect()
        if (rect) setMiddle((rect.top + rect.bottom) / 2)
      }),
    [listening],
  )
  const lineHeight = size * line
  const height = lineHeight * (guide === 'focus' ? FOCUSED_LINES : 1)
  // Over a bar, the pointer is on no line: without one, all of the text would be dimmed.
  const bottom = document.querySelector('.player')?.getBoundingClientRect().top ?? innerHeight
  const shown = Math.max(coveredTop() + height / 2, Math.min(middle ?? innerHeight * START, bottom - height / 2))
  return <div class={`reading-guide guide-${guide}`} aria-hidden="true" style={{ top: `${shown - height / 2}px`, height: `${height}px` }} />
}
