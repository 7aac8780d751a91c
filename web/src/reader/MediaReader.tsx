import { effect, useSignal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import { ReaderAnnotations } from '../annotations/ReaderAnnotations'
import { useAnnotations } from '../annotations/useAnnotations'
import { type Media, mediaKind } from '../library/model'
import { type HighlightTarget, highlightSearchHit, highlightWord } from '../listening/highlight'
import { ListenDialog } from '../listening/ListenDialog'
import { Player } from '../listening/Player'
import { RecordingsDialog } from '../listening/RecordingsDialog'
import { includes } from '../listening/recordings'
import { lazy } from '../parts/lazy'
import { SkipLink } from '../parts/SkipLink'
import { persistedSignal, prefersMotion } from '../platform/preferences'
import { replaceAddress } from '../platform/route'
import { ReadingText } from '../reading_text/text'
import { ContentsDialog } from './ContentsDialog'
import { DocumentView } from './DocumentView'
import { EarlierText } from './EarlierText'
import { Find } from './find/Find'
import { MediaDialogs } from './MediaDialogs'
import { InspectionNotes, NotReady } from './MediaStatus'
import { MediaViewer } from './MediaViewer'
import { PronunciationDialog, useSelectedText } from './PronunciationDialog'
import { isHeard, placeInText, startPlace, useAddressedPlace, useReadingPlace } from './place/readingPlace'
import { ReaderBar, type ReaderDialog } from './ReaderBar'
import { ReadingGuide } from './ReadingGuide'
import { ReadingSettings, readingSettings } from './ReadingSettings'
import { RecognitionStatus } from './RecognitionStatus'
import { playingDocument, useListening } from './useListening'

const PdfView = lazy(() => import('./pdf/PdfView').then((module) => module.PdfView))
const preferredView = persistedSignal<'pages' | 'text'>('view', 'pages')

/** A loaded media: its pages or its text, with the player below. */
export function MediaReader({ media, onChanged }: { media: Media; onChanged: () => void }) {
  const [text, setText] = useState<ReadingText | null>(null)
  // The version of the text that is shown: a recording keeps the one that it was made of, so that its words are lit in their places.
  const [version, setVersion] = useState(() => playingDocument(media.id)?.job.peek()?.text_version ?? media.text_version)
  const start = useRef(startPlace(media))
  const page = useRef(start.current.page ?? 1)
  const zoom = useRef(start.current.zoom ?? 1)
  const isPageChosen = useRef(start.current.page !== null && !start.current.isSearchHit)
  const [dialog, setDialog] = useState<ReaderDialog | 'listen' | 'recordings' | null>(null)
  const [listenFrom, setListenFrom] = useState<number | null>(null)
  const target = useSignal<HighlightTarget | null>(null)
  const isFollowing = useSignal(prefersMotion())
  const findRequest = useSignal(0)
  // The text position to show first: of a search hit, or, after a change of the view, of the word being spoken.
  const isSearchHit = useRef(start.current.isSearchHit)
  const startAt = useRef(start.current.textOffset)

  const selected = useSelectedText()

  const isReady = media.status === 'ready'
  const isPdf = media.media_type === 'application/pdf'
  const isPicture = mediaKind(media.media_type) === 'image'
  const hasText = isReady && (media.word_count ?? 0) > 0
  const view = (isPdf || isPicture) && (preferredView.value === 'pages' || !hasText) ? 'pages' : 'text'

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
  const { listening, open, showCurrentText, playFrom } = useListening({ media, text, version, ...place, onVersion: setVersion })
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

  const { annotations, spokenSentence, toggleBookmark, openHighlightAt } = useAnnotations({ media, text, listening, target, page })
  const pressed = useRef<number | null>(null)
  const readFrom = async (position: number) => {
    if (!listening || !text) {
      pressed.current = position // until both are loaded
      return
    }
    isFollowing.value = true
    if (await playFrom(position)) return
    await text.ensureLoaded(position).catch(() => undefined)
    const isCurrent = version === media.text_version
    setListenFrom(isCurrent ? text.sentenceAt(position)[0] : null)
    if (!isCurrent) showCurrentText()
    setDialog('listen')
  }
  useEffect(() => {
    if (!listening || !text || pressed.current === null) return
    void readFrom(pressed.current)
    pressed.current = null
  }, [listening, text])
  const onTextPress = (position: number) => openHighlightAt(position) || void readFrom(position)
  // What is heard becomes the place, instead of the one in the address.
  useEffect(
    () => listening?.isPlayRequested.subscribe((isRequested) => isRequested && replaceAddress(`/media/${media.id}`, { isPlace: false })),
    [listening],
  )
  const lookAtPlace = useReadingPlace(media.id, () => {
    if (!isReady || isHeard(listening, target.peek())) return null // the recording saves it
    if (isPicture && view === 'pages') return null
    if (view === 'pages') return { page: page.current, zoom: zoom.current }
    return placeInText(media, version, text, target.peek())
  })
  const jump = useAddressedPlace(media, (position) => target.peek()?.reveal(position, false))
  const onHighlightTarget = (current: HighlightTarget | null) => {
    target.value = current
  }
  const close = () => setDialog(null)
  return (
    <div class={`reader paper-${view === 'text' ? readingSettings.value.paper : 'system'}`}>
      <SkipLink />
      <ReaderBar
        media={media}
        view={view}
        hasPages={(isPdf || isPicture) && hasText}
        hasText={hasText}
        hasChapters={(text?.chapters.length ?? 0) > 1}
        onView={(selected) => {
          const heard = listening?.textPosition.peek() ?? null
          const seen = listening?.isPlayRequested.peek() ? null : target.peek()?.visiblePosition()
          startAt.current = seen ?? heard
          isSearchHit.current = false
          isPageChosen.current = false
          preferredView.value = selected
        }}
        onDialog={setDialog}
        onBookmark={() => void toggleBookmark()}
        onFind={() => findRequest.value++}
      />
      {hasText && <Find mediaId={media.id} version={shownVersion} target={target} request={findRequest} isFollowing={isFollowing} />}
      <main id="content" tabIndex={-1}>
        {!isReady && <NotReady media={media} />}
        {isReady && media.notes.length > 0 && <InspectionNotes media={media} />}
        {isReady && <RecognitionStatus media={media} onChanged={onChanged} />}
        {hasText && version !== null && version !== media.text_version && <EarlierText onShowCurrent={showCurrentText} />}
        {isReady && isPdf && view === 'pages' && (
          <PdfView
            key={`${version} ${media.text_status}`}
            mediaId={media.id}
            pageCount={media.page_count ?? 1}
            hasText={hasText}
            textVersion={shownVersion}
            language={media.language}
            startAt={isPageChosen.current ? null : startAt.current}
            startPage={page.current}
            startZoom={zoom.current}
            jump={jump}
            onPage={(number) => {
              page.current = number
            }}
            onZoom={(level) => {
              zoom.current = level
              lookAtPlace()
            }}
            onTextPress={onTextPress}
            onHighlightTarget={onHighlightTarget}
          />
        )}
        {hasText && view === 'text' && version !== null && (
          <DocumentView
            media={media}
            version={version}
            text={text}
            startAt={startAt.current}
            startsAtTop={!isSearchHit.current}
            onTextPress={onTextPress}
            onHighlightTarget={onHighlightTarget}
          />
        )}
        {isReady && !isPdf && (view === 'pages' || !hasText) && <MediaViewer media={media} />}
      </main>
      {view === 'text' && text && readingSettings.value.guide !== 'off' && <ReadingGuide target={target} listening={listening} />}
      {isReady && (hasText || isPdf) && (
        <ReaderAnnotations
          media={media}
          annotations={annotations}
          target={target}
          text={text}
          isCurrentText={version === media.text_version}
          isPanelOpen={dialog === 'notes'}
          onClosePanel={close}
          onShowCurrent={showCurrentText}
          onReadFrom={(position) => void readFrom(position)}
          onBookmark={() => void toggleBookmark()}
          spokenSentence={spokenSentence}
        />
      )}
      {listening && text && (
        <Player
          listening={listening}
          isFollowing={isFollowing}
          onFollow={() => {
            isFollowing.value = true
            const position = listening.textPosition.peek()
            if (position !== null) target.peek()?.reveal(position, prefersMotion())
          }}
          onListen={() => {
            const position = listening.textPosition.peek() // another voice continues here by default
            const isCurrent = version === media.text_version
            setListenFrom(position === null || !isCurrent ? null : text.sentenceAt(position)[0])
            if (!isCurrent) showCurrentText()
            setDialog('listen')
          }}
          onRecordings={() => setDialog('recordings')}
          onBookmark={() => void toggleBookmark()}
        />
      )}
      {dialog === 'recordings' && listening && (
        <RecordingsDialog
          listening={listening}
          onClose={close}
          onNew={() => setDialog('listen')}
          onOpen={(job) => {
            const position = listening.textPosition.peek()
            open(job, { play: true, ...(position !== null && includes(job, position) ? { startAt: position } : {}) })
          }}
        />
      )}
      {dialog === 'listen' && listening && text && (
        <ListenDialog
          media={media}
          text={text}
          startAt={listenFrom}
          onClose={close}
          onStarted={(job) => {
            isFollowing.value = prefersMotion()
            open(job, { play: true, ...(listenFrom === null ? {} : { startAt: listenFrom }) })
          }}
        />
      )}
      {dialog === 'settings' && <ReadingSettings onClose={close} />}
      {dialog === 'contents' && text && (
        <ContentsDialog
          mediaId={media.id}
          version={shownVersion}
          chapters={text.chapters}
          onClose={close}
          onSelect={(start) => {
            if (listening?.isPlayRequested.peek()) void playFrom(start)
            target.peek()?.reveal(start, false)
          }}
        />
      )}
      {dialog === 'pronunciation' && <PronunciationDialog media={media} written={selected.current} onClose={close} />}
      <MediaDialogs dialog={dialog} media={media} onClose={close} onChanged={onChanged} />
    </div>
  )
}
