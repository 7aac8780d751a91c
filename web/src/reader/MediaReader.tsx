import { useEffect, useRef, useState } from 'preact/hooks'
import { ReaderAnnotations } from '../annotations/ReaderAnnotations'
import { useAnnotations } from '../annotations/useAnnotations'
import type { Media } from '../library/model'
import { ListenDialog } from '../listening/ListenDialog'
import { Player } from '../listening/Player'
import { RecordingsDialog } from '../listening/RecordingsDialog'
import { includes } from '../listening/recordings'
import { prefersMotion } from '../platform/preferences'
import { replaceAddress } from '../platform/route'
import { EarlierText } from './EarlierText'
import { MediaBar, type ReaderDialog } from './MediaBar'
import { MediaDialogs } from './MediaDialogs'
import { InspectionNotes, NotReady } from './MediaStatus'
import { PronunciationDialog, useSelectedText } from './PronunciationDialog'
import { ReaderFrame } from './ReaderFrame'
import { RecognitionStatus } from './RecognitionStatus'
import { useReader } from './useReader'

/** A loaded media of the signed-in user: its pages or its text, with the player below. */
export function MediaReader({ media, onChanged }: { media: Media; onChanged: () => void }) {
  const reader = useReader(media)
  const { text, listening, target, isFollowing, isReady, isCurrentText, hasText, open, showCurrentText, playFrom } = reader
  const [dialog, setDialog] = useState<ReaderDialog | 'listen' | 'recordings' | null>(null)
  const [listenFrom, setListenFrom] = useState<number | null>(null)
  const selected = useSelectedText()
  const { annotations, spokenSentence, toggleBookmark, openHighlightAt } = useAnnotations({
    media,
    text,
    listening,
    target,
    page: reader.page,
  })
  const pressed = useRef<number | null>(null)
  const readFrom = async (position: number) => {
    if (!listening || !text) {
      pressed.current = position // until both are loaded
      return
    }
    isFollowing.value = true
    if (await playFrom(position)) return
    await text.ensureLoaded(position).catch(() => undefined)
    setListenFrom(isCurrentText ? text.sentenceAt(position)[0] : null)
    if (!isCurrentText) showCurrentText()
    setDialog('listen')
  }
  useEffect(() => {
    if (!listening || !text || pressed.current === null) return
    void readFrom(pressed.current)
    pressed.current = null
  }, [listening, text])
  // What is heard becomes the place, instead of the one in the address.
  useEffect(
    () => listening?.isPlayRequested.subscribe((isRequested) => isRequested && replaceAddress(`/media/${media.id}`, { isPlace: false })),
    [listening],
  )
  const close = () => setDialog(null)
  const onBookmark = () => void toggleBookmark()
  return (
    <ReaderFrame
      reader={reader}
      bar={<MediaBar reader={reader} onDialog={setDialog} onBookmark={onBookmark} />}
      notices={
        <>
          {!isReady && <NotReady media={media} />}
          {isReady && media.notes.length > 0 && <InspectionNotes media={media} />}
          {isReady && <RecognitionStatus media={media} onChanged={onChanged} />}
          {hasText && reader.version !== null && !isCurrentText && <EarlierText onShowCurrent={showCurrentText} />}
        </>
      }
      dialog={dialog}
      onCloseDialog={close}
      onTextPress={(position) => openHighlightAt(position) || void readFrom(position)}
      onPlayFrom={(position) => void playFrom(position)}
    >
      {isReady && (hasText || reader.isPdf) && (
        <ReaderAnnotations
          media={media}
          annotations={annotations}
          target={target}
          text={text}
          isCurrentText={isCurrentText}
          isPanelOpen={dialog === 'notes'}
          onClosePanel={close}
          onShowCurrent={showCurrentText}
          onReadFrom={(position) => void readFrom(position)}
          onBookmark={onBookmark}
          spokenSentence={spokenSentence}
        />
      )}
      {listening && text && (
        <Player
          listening={listening}
          isFollowing={isFollowing}
          onFollow={reader.follow}
          onListen={() => {
            const position = listening.textPosition.peek() // another voice continues here by default
            setListenFrom(position === null || !isCurrentText ? null : text.sentenceAt(position)[0])
            if (!isCurrentText) showCurrentText()
            setDialog('listen')
          }}
          onRecordings={() => setDialog('recordings')}
          onBookmark={onBookmark}
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
      {dialog === 'pronunciation' && <PronunciationDialog media={media} written={selected.current} onClose={close} />}
      <MediaDialogs dialog={dialog} media={media} onClose={close} onChanged={onChanged} />
    </ReaderFrame>
  )
}
