import { useEffect, useRef, useState } from 'preact/hooks'
import { isShared } from '../../api/share'
import type { Media } from '../../library/model'
import { type Place, positionOf, savePosition } from '../../library/positions'
import type { HighlightTarget } from '../../listening/highlight'
import type { Listening } from '../../listening/listening'
import { coveredTop } from '../../parts/viewport'
import { onRouteChange, replaceAddress, route } from '../../platform/route'
import type { ReadingText } from '../../reading_text/text'

const SETTLED_MS = 300 // without scrolling, until the place is in the address
const SAVE_AFTER_MS = 2000 // without scrolling, until it is saved

/** Where to begin: of the address, otherwise of the last visit. A hit of the search is highlighted. */
export interface StartPlace {
  textOffset: number | null
  page: number | null
  zoom: number | null
  isSearchHit: boolean
}

export function startPlace(media: Media): StartPlace {
  const { query } = route.peek()
  const position = positionOf(media)
  const zoom = position?.zoom ?? null
  const textOffset = wholeNumber(query.get('at'))
  const page = wholeNumber(query.get('page'))
  if (textOffset !== null || page !== null) return { textOffset, page, zoom, isSearchHit: textOffset !== null && !history.state?.isPlace }
  if (!position || (!position.text_offset && !position.page)) return { textOffset: null, page: null, zoom, isSearchHit: false }
  const isAtEnd = position.fraction >= 1 // behind the last character
  return { textOffset: Math.max(0, position.text_offset - (isAtEnd ? 1 : 0)), page: position.page, zoom, isSearchHit: false }
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null
}

/**
 * Keep the reader's place while they scroll by hand: in the address, and after a rest where it is saved. `placeNow` returns the place that is
 * shown; null while there is none to keep. Returns a function that looks at it when something else than scrolling has changed it.
 */
export function useReadingPlace(mediaId: string, placeNow: () => Place | null): () => void {
  const latest = useRef(placeNow)
  latest.current = placeNow
  const schedule = useRef<() => void>(() => undefined)
  useEffect(() => {
    const keeper = new PlaceKeeper(mediaId, () => latest.current())
    schedule.current = () => keeper.schedule()
    return () => keeper.stop()
  }, [mediaId])
  return () => schedule.current()
}

/**
 * Follow the address while the media is shown: another page or position in it, typed or by Back, is gone to. Returns the page to go to; null
 * before the first one. `reveal` shows a position in the text.
 */
export function useAddressedPlace(media: Media, reveal: (position: number) => void): { page: number } | null {
  const [jump, setJump] = useState<{ page: number } | null>(null)
  const current = route.value
  const isFirst = useRef(true)
  useEffect(() => {
    const { textOffset, page } = startPlace(media)
    if (isFirst.current) isFirst.current = false
    else if (textOffset !== null) reveal(textOffset)
    else if (page !== null) setJump({ page })
  }, [current])
  return jump
}

/** The place in a text that is shown; null in an earlier version of it, whose positions are others. */
export function placeInText(media: Media, version: number | null, text: ReadingText | null, target: HighlightTarget | null): Place | null {
  if (version !== media.text_version) return null
  const isAtEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 2 && scrollY > 0
  const offset = isAtEnd && text ? text.length : target?.visiblePosition()
  return offset == null ? null : { text_offset: offset }
}

/** Return whether a recording plays, or the word that was heard last is in the window: scrolling a little does not leave it. */
export function isHeard(listening: Listening | null, target: HighlightTarget | null): boolean {
  if (listening?.isPlayRequested.peek()) return true
  const word = listening?.word.peek()
  const rect = word && target?.rangesFor(word[2], word[3])[0]?.getBoundingClientRect()
  return rect !== undefined && rect.bottom > coveredTop() && rect.top < innerHeight
}

class PlaceKeeper {
  private isTouched = false
  private place: Place | null = null
  private time = new Date()
  private isSaved = true
  private settleTimer = 0
  private saveTimer = 0
  private readonly stopListening: () => void

  constructor(
    private readonly mediaId: string,
    private readonly placeNow: () => Place | null,
  ) {
    const controller = new AbortController()
    const options = { passive: true, capture: true, signal: controller.signal }
    // Scrolling before the first input is the page's own, to the place where it begins.
    for (const name of ['wheel', 'touchmove', 'keydown', 'pointerdown']) addEventListener(name, () => (this.isTouched = true), options)
    addEventListener('scroll', () => this.isTouched && this.schedule(), options)
    addEventListener('pagehide', () => this.finish(), options)
    addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && this.finish(), options)
    const stopRouteListener = onRouteChange(() => this.leave())
    this.stopListening = () => {
      controller.abort()
      stopRouteListener()
    }
  }

  /** Look at the place once it is at rest. */
  schedule(): void {
    clearTimeout(this.settleTimer)
    this.settleTimer = setTimeout(() => this.settle(true), SETTLED_MS) as unknown as number
  }

  stop(): void {
    this.stopListening()
    clearTimeout(this.settleTimer)
    void this.save(false)
  }

  /** Save before the next screen is shown: it may list what was begun. */
  private leave(): void {
    if (this.settleTimer) this.settle(false)
    void this.save(false)
  }

  private settle(isShown: boolean): void {
    clearTimeout(this.settleTimer)
    this.settleTimer = 0
    const place = this.placeNow()
    if (!place) this.place = null
    if (!place || JSON.stringify(place) === JSON.stringify(this.place)) return
    this.place = place
    this.time = new Date()
    this.isSaved = false
    if (isShown && !isShared()) replaceAddress(`/media/${this.mediaId}?${addressOf(place)}`, { isPlace: true })
    clearTimeout(this.saveTimer)
    this.saveTimer = setTimeout(() => void this.save(false), SAVE_AFTER_MS - SETTLED_MS) as unknown as number
  }

  private finish(): void {
    if (this.settleTimer) this.settle(true)
    void this.save(true)
  }

  /** Save the place unless it is saved. What fails is tried again with the next place. */
  private async save(isPageClosing: boolean): Promise<void> {
    clearTimeout(this.saveTimer)
    if (this.isSaved || !this.place) return
    this.isSaved = true
    try {
      await savePosition(this.mediaId, this.place, this.time, isPageClosing)
    } catch {
      this.isSaved = false
    }
  }
}

function addressOf(place: Place): string {
  if ('page' in place) return `page=${place.page}`
  return 'text_offset' in place ? `at=${place.text_offset}` : ''
}
