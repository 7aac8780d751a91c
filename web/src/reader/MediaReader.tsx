import { effect, useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { EditTags, RenameMedia } from '../library/dialogs'
import type { Media } from '../library/model'
import { light, mark, type Surface } from '../listening/highlight'
import { Listen } from '../listening/ListenDialog'
import { Listening } from '../listening/listening'
import { Player } from '../listening/Player'
import { latestReading } from '../listening/speechJobs'
import { Icon } from '../parts/Icon'
import { lazily } from '../parts/lazy'
import { Skip } from '../parts/SkipLink'
import { mayMove, remembered } from '../platform/preferences'
import { route } from '../platform/route'
import { ReadingText } from '../reading_text/text'
import { t, textOf } from '../texts'
import { Contents } from './Contents'
import { Details } from './Details'
import { Plain } from './MediaViewer'
import { ReaderBar, type ReaderDialog } from './ReaderBar'
import { reading, Settings } from './ReadingSettings'
import { TextView } from './TextView'

const PdfView = lazily(() => import('./pdf/PdfView').then((module) => module.PdfView))
const shown = remembered<'pages' | 'text'>('view', 'pages')

/** A media that is known: its pages or its text, and the player below. */
export function Opened({ media, onChanged }: { media: Media; onChanged: () => void }) {
  const [text, setText] = useState<ReadingText | null>(null)
  const [dialog, setDialog] = useState<ReaderDialog | 'listen' | null>(null)
  const [listenFrom, setListenFrom] = useState<number | null>(null)
  const surface = useSignal<Surface | null>(null)
  const follows = useSignal(mayMove())
  const isFound = useRef(route.peek().query.has('at'))
  const at = useRef(route.peek().query.has('at') ? Number(route.peek().query.get('at')) : null)

  const isReady = media.status === 'ready'
  const isPdf = media.media_type === 'application/pdf'
  const hasText = isReady && (media.word_count ?? 0) > 0
  const view = isPdf && (shown.value === 'pages' || !hasText) ? 'pages' : 'text'

  useEffect(() => {
    if (!hasText) return
    let isCurrent = true
    ReadingText.of(media.id, media.language, at.current).then(
      (loaded) => isCurrent && setText(loaded),
      () => undefined, // the pages can still be looked at; listening says why it cannot be begun
    )
    return () => {
      isCurrent = false
    }
  }, [media.id, hasText])

  const listening = useMemo(() => (text ? new Listening(media.title, text) : null), [text])
  useEffect(() => {
    if (!listening) return
    void latestReading(media.id).then((job) => {
      const place = at.current
      if (job && !listening.job.peek()) void listening.take(job, { play: false, ...(place === null ? {} : { at: place }) })
    })
    return () => listening.end()
  }, [listening])
  useEffect(() => {
    if (!listening || !surface.value) return
    return light(listening, surface.value, () => follows.peek() && listening.sound.isOn.peek())
  }, [listening, surface.value])
  useEffect(() => {
    if (!listening || !surface.value || !isFound.current || at.current === null) return
    return mark(listening, surface.value, at.current)
  }, [listening, surface.value])

  // Who comes back finds the page open where one left off.
  useEffect(() => {
    if (!listening || at.current !== null) return
    const stop = effect(() => {
      const place = listening.place.value
      if (place === null || !surface.value) return
      if (!listening.sound.isOn.peek()) surface.value.reveal(place, false)
      queueMicrotask(() => stop())
    })
    return stop
  }, [listening])

  // Who scrolls wants to look elsewhere.
  useEffect(() => {
    const leave = () => {
      if (listening?.sound.isOn.peek()) follows.value = false
    }
    addEventListener('wheel', leave, { passive: true })
    addEventListener('touchmove', leave, { passive: true })
    return () => {
      removeEventListener('wheel', leave)
      removeEventListener('touchmove', leave)
    }
  }, [listening])

  const onPoint = async (point: number) => {
    if (!listening || !text) return
    follows.value = true
    if (listening.job.peek()) listening.hear(point)
    else {
      await text.load(point).catch(() => undefined)
      setListenFrom(text.sentenceAt(point)[0])
      setDialog('listen')
    }
  }
  const close = () => setDialog(null)
  return (
    <div class={`reader paper-${view === 'text' ? reading.value.paper : 'system'}`}>
      <Skip />
      <ReaderBar
        media={media}
        view={view}
        hasPages={isPdf && hasText}
        hasText={hasText}
        hasChapters={(text?.chapters.length ?? 0) > 1}
        onView={(kind) => {
          at.current = listening?.place.peek() ?? null
          isFound.current = false
          shown.value = kind
        }}
        onDialog={setDialog}
      />
      <main id="content" tabIndex={-1}>
        {!isReady && <NotReady media={media} />}
        {isReady && media.notes.length > 0 && <Notes media={media} />}
        {isReady && isPdf && view === 'pages' && (
          <PdfView
            mediaId={media.id}
            pages={media.page_count ?? 1}
            hasText={hasText}
            language={media.language}
            at={at.current}
            onPoint={(point) => void onPoint(point)}
            onSurface={(found) => {
              surface.value = found
            }}
          />
        )}
        {hasText && view === 'text' && !text && <output class="spinner" aria-label={t.loading} />}
        {text && view === 'text' && (
          <TextView
            text={text}
            title={media.title}
            at={at.current}
            onPoint={(point) => void onPoint(point)}
            onSurface={(found) => {
              surface.value = found
            }}
          />
        )}
        {isReady && !isPdf && !hasText && <Plain media={media} />}
      </main>
      {listening && text && (
        <Player
          listening={listening}
          follows={follows}
          onFollow={() => {
            follows.value = true
            const place = listening.place.peek()
            if (place !== null) surface.peek()?.reveal(place, mayMove())
          }}
          onListen={() => {
            const place = listening.place.peek() // another voice goes on here, unless all of it is wanted
            setListenFrom(place === null ? null : text.sentenceAt(place)[0])
            setDialog('listen')
          }}
        />
      )}
      {dialog === 'listen' && listening && text && (
        <Listen
          media={media}
          text={text}
          from={listenFrom}
          onClose={close}
          onStarted={(job) => {
            follows.value = mayMove()
            void listening.take(job, { play: true, ...(listenFrom === null ? {} : { at: listenFrom }) })
          }}
        />
      )}
      {dialog === 'settings' && <Settings onClose={close} />}
      {dialog === 'contents' && text && (
        <Contents
          chapters={text.chapters}
          onClose={close}
          onChosen={(start) => {
            if (listening?.sound.isOn.peek()) listening.hear(start)
            surface.peek()?.reveal(start, false)
          }}
        />
      )}
      {dialog === 'details' && <Details media={media} onClose={close} />}
      {dialog === 'rename' && (
        <RenameMedia
          media={media}
          onClose={() => {
            close()
            onChanged()
          }}
        />
      )}
      {dialog === 'tags' && (
        <EditTags
          media={[media]}
          onClose={() => {
            close()
            onChanged()
          }}
        />
      )}
    </div>
  )
}

function NotReady({ media }: { media: Media }) {
  const waits = textOf(t.reader.notReady, media.status)
  return (
    <div class="nothing" role="status">
      <Icon name={waits ? 'upload' : 'warning'} size={44} />
      <h2>{waits ?? (media.status === 'rejected' ? t.reader.rejected : t.library.statuses[media.status])}</h2>
      {media.rejection && <p>{media.rejection.detail}</p>}
    </div>
  )
}

function Notes({ media }: { media: Media }) {
  return (
    <details class="notes">
      <summary>{t.reader.notes}</summary>
      <ul>
        {media.notes.map((note) => (
          <li key={note.code}>{note.detail}</li>
        ))}
      </ul>
    </details>
  )
}
