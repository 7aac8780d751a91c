import '@fontsource-variable/literata/wght.css'
import '@fontsource-variable/literata/wght-italic.css'
import '@fontsource/opendyslexic/400.css'
import '../styles/reader.css'
import '../styles/print.css'
import { useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { download } from '../library/actions'
import { type HighlightTarget, highlightWord } from '../listening/highlight'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { lazy } from '../parts/lazy'
import { Menu, type MenuItem } from '../parts/Menu'
import { Name } from '../parts/Name'
import { SkipLink } from '../parts/SkipLink'
import { useTitle } from '../parts/title'
import { persistedSignal, prefersMotion } from '../platform/preferences'
import { ContentsDialog } from '../reader/ContentsDialog'
import { DocumentView } from '../reader/DocumentView'
import { Find } from '../reader/find/Find'
import { MediaViewer } from '../reader/MediaViewer'
import { placeInText, startPlace, useReadingPlace } from '../reader/place/readingPlace'
import { ReadingGuide } from '../reader/ReadingGuide'
import { ReadingSettings, readingSettings } from '../reader/ReadingSettings'
import { useListening } from '../reader/useListening'
import { ReadingText } from '../reading_text/text'
import { t } from '../texts'
import { type SharedMedia, toMedia } from './model'
import { SharedPlayer } from './SharedPlayer'

const PdfView = lazy(() => import('../reader/pdf/PdfView').then((module) => module.PdfView))
const preferredView = persistedSignal<'pages' | 'text'>('view', 'pages')

interface Props {
  shared: SharedMedia
  canDownload: boolean
  /** The address of the collection that contains the media. */
  back: string | null
}

/** A shared media: its pages or its text, which the words of its recording are lit in. Its place is kept on this device. */
export function SharedReader({ shared, canDownload, back }: Props) {
  const media = useMemo(() => toMedia(shared), [shared])
  const [text, setText] = useState<ReadingText | null>(null)
  const [version, setVersion] = useState(media.text_version)
  const [dialog, setDialog] = useState<'contents' | 'settings' | null>(null)
  const target = useSignal<HighlightTarget | null>(null)
  const isFollowing = useSignal(prefersMotion())
  const findRequest = useSignal(0)
  const start = useRef(startPlace(media))
  const page = useRef(start.current.page ?? 1)
  const zoom = useRef(start.current.zoom ?? 1)
  // The text position to show first: of the last visit, or, after a change of the view, of what was shown before.
  const startAt = useRef(start.current.page === null ? start.current.textOffset : null)
  const isPageChosen = useRef(start.current.page !== null)
  useTitle(displayName(media.title))

  const isPdf = media.media_type === 'application/pdf'
  const hasText = (media.word_count ?? 0) > 0
  const view = isPdf && (preferredView.value === 'pages' || !hasText) ? 'pages' : 'text'
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

  const { listening } = useListening({ media, text, version, startAt, isSearchHit: false, onVersion: setVersion })
  useEffect(() => {
    if (!listening || !target.value) return
    return highlightWord(listening, target.value, () => isFollowing.peek() && listening.isPlayRequested.peek())
  }, [listening, target.value])
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
    if (view === 'pages') return { page: page.current, zoom: zoom.current }
    return hasText ? placeInText(media, version, text, target.peek()) : null
  })
  const onTextPress = (position: number) => {
    if (listening?.job.peek() && listening.playFrom(position)) isFollowing.value = true
  }
  const onHighlightTarget = (current: HighlightTarget | null) => {
    target.value = current
  }
  const hasChapters = (text?.chapters.length ?? 0) > 1
  const items: MenuItem[] = []
  if (canDownload) items.push({ label: t.library.download, icon: 'download', onSelect: () => void download(media) })
  if (hasChapters) items.push({ label: t.reader.contents, icon: 'contents', onSelect: () => setDialog('contents') })
  if (hasText) items.push({ label: t.find.title, icon: 'search', onSelect: () => findRequest.value++ })
  const close = () => setDialog(null)
  return (
    <div class={`reader paper-${view === 'text' ? readingSettings.value.paper : 'system'}`}>
      <SkipLink />
      <header class="reader-bar">
        {back && (
          <a class="button quiet square" href={back} aria-label={t.reader.back}>
            <Icon name="back" />
          </a>
        )}
        <h1 title={displayName(media.title)}>
          <Name>{media.title}</Name>
        </h1>
        {isPdf && hasText && (
          <fieldset class="segmented-control">
            <legend class="visually-hidden">{t.reader.view}</legend>
            {(['pages', 'text'] as const).map((option) => (
              <button
                key={option}
                type="button"
                class="quiet"
                aria-pressed={view === option}
                onClick={() => {
                  const heard = listening?.textPosition.peek() ?? null
                  const seen = listening?.isPlayRequested.peek() ? null : target.peek()?.visiblePosition()
                  startAt.current = seen ?? heard
                  isPageChosen.current = false
                  preferredView.value = option
                }}
              >
                {t.reader[option]}
              </button>
            ))}
          </fieldset>
        )}
        {hasChapters && (
          <button type="button" class="quiet square wide-only" aria-label={t.reader.contents} onClick={() => setDialog('contents')}>
            <Icon name="contents" />
          </button>
        )}
        {hasText && (
          <button type="button" class="quiet square wide-only" aria-label={t.find.title} onClick={() => findRequest.value++}>
            <Icon name="search" />
          </button>
        )}
        {hasText && view === 'text' && (
          <button type="button" class="quiet square" aria-label={t.reader.settings} onClick={() => setDialog('settings')}>
            <Icon name="letters" />
          </button>
        )}
        {items.length > 0 && (
          <Menu label={t.more} items={items}>
            <Icon name="more" />
          </Menu>
        )}
      </header>
      {hasText && <Find mediaId={media.id} version={shownVersion} target={target} request={findRequest} isFollowing={isFollowing} />}
      <main id="content" tabIndex={-1}>
        {isPdf && view === 'pages' && (
          <PdfView
            key={version}
            mediaId={media.id}
            pageCount={media.page_count ?? 1}
            hasText={hasText}
            textVersion={shownVersion}
            language={media.language}
            startAt={isPageChosen.current ? null : startAt.current}
            startPage={page.current}
            startZoom={zoom.current}
            jump={null}
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
            startsAtTop
            onTextPress={onTextPress}
            onHighlightTarget={onHighlightTarget}
          />
        )}
        {!isPdf && !hasText && <MediaViewer media={media} />}
      </main>
      {view === 'text' && text && readingSettings.value.guide !== 'off' && <ReadingGuide target={target} listening={listening} />}
      {listening && (
        <SharedPlayer
          listening={listening}
          isFollowing={isFollowing}
          onFollow={() => {
            isFollowing.value = true
            const position = listening.textPosition.peek()
            if (position !== null) target.peek()?.reveal(position, prefersMotion())
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
            if (listening?.isPlayRequested.peek()) onTextPress(start)
            target.peek()?.reveal(start, false)
          }}
        />
      )}
    </div>
  )
}
