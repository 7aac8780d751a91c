import { effect, useSignal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import { isShared } from '../api/share'
import { type Media, mediaKind } from '../library/model'
import { type HighlightTarget, highlightSearchHit, highlightWord } from '../listening/highlight'
import { persistedSignal, prefersMotion } from '../platform/preferences'
import { ReadingText } from '../reading_text/text'
import { isHeard, placeInText, startPlace, useAddressedPlace, useReadingPlace } from './place/readingPlace'
import { playingDocument, useListening } from './useListening'

const preferredView = persistedSignal<'pages' | 'text'>('view', 'pages')

export type ReaderState = ReturnType<typeof useReader>

/** What the reader of a media shows and plays, for its owner and in a share: pages or text, from the place of the last visit. */
export function useReader(media: Media) {
  const [text, setText] = useState<ReadingText | null>(null)
  // The version of the text that is shown: a recording keeps the one that it was made of, so that its words are lit in their places.
  const [version, setVersion] = useState(() => playingDocument(media.id)?.job.peek()?.text_version ?? media.text_version)
  const start = useRef(startPlace(media))
  const page = useRef(start.current.page ?? 1)
  const zoom = useRef(start.current.zoom ?? 1)
  const isPageChosen = useRef(start.current.page !== null && !start.current.isSearchHit)
  const target = useSignal<HighlightTarget | null>(null)
  const isFollowing = useSignal(prefersMotion())
  const findRequest = useSignal(0)
  // The text position to show first: of a search hit, or, after a change of the view, of the word being spoken.
  const isSearchHit = useRef(start.current.isSearchHit)
  const startAt = useRef(start.current.textOffset)

  const isReady = media.status === 'ready'
  const isPdf = media.media_type === 'application/pdf'
  const isPicture = mediaKind(media.media_type) === 'image'
  const hasText = isReady && (media.word_count ?? 0) > 0
  const view: 'pages' | 'text' = (isPdf || isPicture) && (preferredView.value === 'pages' || !hasText) ? 'pages' : 'text'

  // The current text may be replaced at any time; an earlier one is kept for its recordings.
  const shownVersion = version === media.text_version ? null : version
  useEffect(() => {
    if (!hasText || version === null) return
    let isCurrent = true
    ReadingText.load(media.id, shownVersion, media.language, startAt.current).then(
      (loaded) => isCurrent && setText(loaded),
      () => undefined, // the pages can be viewed without the text
    )
    return () => {
      isCurrent = false
    }
  }, [media.id, hasText, version])

  const place = { startAt, isSearchHit: isSearchHit.current }
  const playback = useListening({ media, text, version, ...place, onVersion: setVersion })
  const { listening } = playback
  useEffect(() => {
    if (!listening || !target.value) return
    return highlightWord(listening, target.value, () => isFollowing.peek() && listening.isPlayRequested.peek())
  }, [listening, target.value])
  useEffect(() => {
    if (!listening || !target.value || !isSearchHit.current || startAt.current === null) return
    return highlightSearchHit(listening, target.value, startAt.current)
  }, [listening, target.value])

  // Without a place to begin at, scroll to the listening position once.
  useEffect(() => {
    if (!listening || startAt.current !== null || isPageChosen.current) return
    const stop = effect(() => {
      const position = listening.textPosition.value
      if (position === null || !target.value) return
      if (!listening.isPlayRequested.peek()) target.value.reveal(position, false)
      queueMicrotask(() => stop())
    })
    return stop
  }, [listening])

  // Scrolling by hand stops following the words.
  useEffect(() => {
    const stopFollowing = () => {
      if (listening?.isPlayRequested.peek()) isFollowing.value = false
    }
    addEventListener('wheel', stopFollowing, { passive: true })
    addEventListener('touchmove', stopFollowing, { passive: true })
    return () => {
      removeEventListener('wheel', stopFollowing)
      removeEventListener('touchmove', stopFollowing)
    }
  }, [listening])

  const lookAtPlace = useReadingPlace(media.id, () => {
    // A recording saves its place for the text, too; but not on the device of a share's reader.
    if (!isReady || (!isShared() && isHeard(listening, target.peek()))) return null
    if (isPicture && view === 'pages') return null
    if (view === 'pages') return { page: page.current, zoom: zoom.current }
    return placeInText(media, version, text, target.peek())
  })
  const jump = useAddressedPlace(media, (position) => target.peek()?.reveal(position, false))

  return {
    ...playback,
    media,
    text,
    version,
    /** The version to ask for; null for the current one. */
    shownVersion,
    isCurrentText: version === media.text_version,
    isReady,
    isPdf,
    isPicture,
    hasText,
    hasChapters: (text?.chapters.length ?? 0) > 1,
    view,
    page,
    zoom,
    startAt,
    isSearchHit,
    isPageChosen,
    jump,
    target,
    isFollowing,
    findRequest,
    lookAtPlace,
    /** Show the pages or the text, from what is heard or seen now. */
    changeView(selected: 'pages' | 'text') {
      const heard = listening?.textPosition.peek() ?? null
      const seen = listening?.isPlayRequested.peek() ? null : target.peek()?.visiblePosition()
      startAt.current = seen ?? heard
      isSearchHit.current = false
      isPageChosen.current = false
      preferredView.value = selected
    },
    /** Scroll to the word being spoken, and follow it. */
    follow() {
      isFollowing.value = true
      const position = listening?.textPosition.peek() ?? null
      if (position !== null) target.peek()?.reveal(position, prefersMotion())
    },
  }
}
