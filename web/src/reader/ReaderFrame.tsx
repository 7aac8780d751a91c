import type { ComponentChildren } from 'preact'
import type { HighlightTarget } from '../listening/highlight'
import { lazy } from '../parts/lazy'
import { SkipLink } from '../parts/SkipLink'
import { ContentsDialog } from './ContentsDialog'
import { DocumentView } from './DocumentView'
import { Find } from './find/Find'
import { MediaViewer } from './MediaViewer'
import { ReadingGuide } from './ReadingGuide'
import { ReadingSettings, readingSettings } from './ReadingSettings'
import type { ReaderState } from './useReader'

const PdfView = lazy(() => import('./pdf/PdfView').then((module) => module.PdfView))

interface Props {
  reader: ReaderState
  bar: ComponentChildren
  /** What is said above the media. */
  notices?: ComponentChildren
  /** The player and further dialogs. */
  children: ComponentChildren
  dialog: string | null
  onCloseDialog: () => void
  onTextPress: (position: number) => void
  /** Called with the start of a chapter that is chosen while the recording plays. */
  onPlayFrom: (position: number) => void
}

/** The screen of a reader: a bar, below it the pages, the text or the picture, sound or video of a media. */
export function ReaderFrame({ reader, bar, notices, children, dialog, onCloseDialog, onTextPress, onPlayFrom }: Props) {
  const { media, text, version, shownVersion, isReady, isPdf, hasText, view, page, zoom, startAt, target, listening } = reader
  const onHighlightTarget = (current: HighlightTarget | null) => {
    target.value = current
  }
  return (
    <div class={`reader paper-${view === 'text' ? readingSettings.value.paper : 'system'}`}>
      <SkipLink />
      {bar}
      {hasText && (
        <Find mediaId={media.id} version={shownVersion} target={target} request={reader.findRequest} isFollowing={reader.isFollowing} />
      )}
      <main id="content" tabIndex={-1}>
        {notices}
        {isReady && isPdf && view === 'pages' && (
          <PdfView
            key={`${version} ${media.text_status}`}
            mediaId={media.id}
            pageCount={media.page_count ?? 1}
            hasText={hasText}
            textVersion={shownVersion}
            language={media.language}
            startAt={reader.isPageChosen.current ? null : startAt.current}
            startPage={page.current}
            startZoom={zoom.current}
            jump={reader.jump}
            onPage={(number) => {
              page.current = number
            }}
            onZoom={(level) => {
              zoom.current = level
              reader.lookAtPlace()
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
            startsAtTop={!reader.isSearchHit.current}
            onTextPress={onTextPress}
            onHighlightTarget={onHighlightTarget}
          />
        )}
        {isReady && !isPdf && (view === 'pages' || !hasText) && <MediaViewer media={media} />}
      </main>
      {view === 'text' && text && readingSettings.value.guide !== 'off' && <ReadingGuide target={target} listening={listening} />}
      {children}
      {dialog === 'settings' && <ReadingSettings onClose={onCloseDialog} />}
      {dialog === 'contents' && text && (
        <ContentsDialog
          mediaId={media.id}
          version={shownVersion}
          chapters={text.chapters}
          onClose={onCloseDialog}
          onSelect={(start) => {
            if (listening?.isPlayRequested.peek()) onPlayFrom(start)
            target.peek()?.reveal(start, false)
          }}
        />
      )}
    </div>
  )
}
