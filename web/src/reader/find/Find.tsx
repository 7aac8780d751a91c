import type { ReadonlySignal, Signal } from '@preact/signals'
import type { HighlightTarget } from '../../listening/highlight'
import { lazy } from '../../parts/lazy'
import { useFindShortcut } from './findShortcut'

const FindBar = lazy(() => import('./FindBar').then((module) => module.FindBar))

interface Props {
  mediaId: string
  /** The version of the text that is shown; null for the current one. */
  version: number | null
  target: ReadonlySignal<HighlightTarget | null>
  /** Incremented when the user asks to find something; 0 while nothing is looked for. */
  request: Signal<number>
  /** Set to false when an occurrence is shown: the spoken words would scroll away from it. */
  isFollowing: Signal<boolean>
}

/** The find bar of a document, which Ctrl+F or Cmd+F opens. */
export function Find({ request, isFollowing, ...bar }: Props) {
  useFindShortcut(() => request.value++)
  if (!request.value) return null
  return (
    <FindBar
      {...bar}
      focusRequest={request.value}
      onMove={() => {
        isFollowing.value = false
      }}
      onClose={() => {
        request.value = 0
      }}
    />
  )
}
