import '@fontsource-variable/literata/wght.css'
import '@fontsource/opendyslexic/400.css'
import '../styles/reader.css'
import { useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { download } from '../library/actions'
import { useTitle } from '../library/Library'
import { kindOf, type Media, type SignedUrl } from '../library/model'
import { EditTags, RenameMedia } from '../library/questions'
import { light, type Surface } from '../listening/highlight'
import { Listen } from '../listening/Listen'
import { Listening } from '../listening/listening'
import { Player } from '../listening/Player'
import { latestReading } from '../listening/readings'
import { Dialog } from '../parts/Dialog'
import { Icon } from '../parts/Icon'
import { lazily } from '../parts/lazily'
import { type Choice, Menu } from '../parts/Menu'
import { address, call } from '../platform/api'
import { bytes, clock, count, moment } from '../platform/format'
import { remembered } from '../platform/preferences'
import { sentence } from '../platform/problem'
import { route } from '../platform/route'
import { skip } from '../Shell'
import { t } from '../texts'
import { reading, Settings } from './settings'
import { TextView } from './TextView'
import { ReadingText } from './text'

const PdfView = lazily(() => import('./PdfView').then((module) => module.PdfView))
const shown = remembered<'pages' | 'text'>('view', 'pages')
const LOOK_EVERY_MS = 700

/** One media: to be looked at, read, and listened to. */
export function Reader({ id }: { id: string }) {
  const [media, setMedia] = useState<Media | null>(null)
  const [error, setError] = useState('')
  useTitle(media?.title ?? t.name)
  const load = async () => setMedia(await call<Media>('GET', `/v1/media/${id}`))
  useEffect(() => {
    load().catch((problem) => setError(sentence(problem)))
  }, [id])
  const isUnsettled = media?.status === 'pending' || media?.status === 'inspecting'
  useEffect(() => {
    if (!isUnsettled) return
    const timer = setInterval(() => load().catch(() => undefined), LOOK_EVERY_MS)
    return () => clearInterval(timer)
  }, [isUnsettled])

  if (error)
    return (
      <main class="nothing" id="content">
        <h1>{t.notFound}</h1>
        <p role="alert">{error}</p>
        <a class="button plain" href="#/library">
          {t.toLibrary}
        </a>
      </main>
    )
  if (!media) return <output class="spinner" aria-label={t.loading} />
  return <Opened media={media} onChanged={() => void load()} />
}

function Opened({ media, onChanged }: { media: Media; onChanged: () => void }) {
  const [text, setText] = useState<ReadingText | null>(null)
  const [dialog, setDialog] = useState<'settings' | 'contents' | 'details' | 'rename' | 'tags' | 'listen' | null>(null)
  const [listenFrom, setListenFrom] = useState<number | null>(null)
  const surface = useSignal<Surface | null>(null)
  const follows = useSignal(!matchMedia('(prefers-reduced-motion: reduce)').matches)
  const isFound = useRef(route.peek().query.has('at'))
  const at = useRef(route.peek().query.has('at') ? Number(route.peek().query.get('at')) : null)

  const isReady = media.status === 'ready'
  const isPdf = media.media_type === 'application/pdf'
  const hasText = isReady && (media.word_count ?? 0) > 0
  const view = isPdf && (shown.value === 'pages' || !hasText) ? 'pages' : 'text'

  useEffect(() => {
    if (!hasText) return
    let isCurrent = true
    ReadingText.of(media.id, media.language).then(
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
    return light(listening, surface.value, () => follows.peek() && listening.isPlaying.peek())
  }, [listening, surface.value])

  // Who scrolls wants to look elsewhere.
  useEffect(() => {
    const leave = () => {
      if (listening?.isPlaying.peek()) follows.value = false
    }
    addEventListener('wheel', leave, { passive: true })
    addEventListener('touchmove', leave, { passive: true })
    return () => {
      removeEventListener('wheel', leave)
      removeEventListener('touchmove', leave)
    }
  }, [listening])

  const onPoint = (point: number) => {
    if (!listening) return
    follows.value = true
    if (listening.job.peek()) listening.hear(point)
    else {
      setListenFrom(text?.sentenceAt(point)[0] ?? null)
      setDialog('listen')
    }
  }
  const close = () => setDialog(null)
  const choices: Choice[] = [
    { label: t.library.rename, icon: 'edit', onChoose: () => setDialog('rename') },
    { label: t.library.editTags, icon: 'tag', onChoose: () => setDialog('tags') },
    { label: t.reader.details, icon: 'document', onChoose: () => setDialog('details') },
  ]
  if (text && text.chapters.length > 1)
    choices.unshift({ label: t.reader.contents, icon: 'contents', onChoose: () => setDialog('contents') })
  if (isReady) choices.unshift({ label: t.library.download, icon: 'download', onChoose: () => void download(media) })

  return (
    <div class={`reader paper-${view === 'text' ? reading.value.paper : 'system'}`}>
      <a class="skip" href="#content" onClick={skip}>
        {t.skip}
      </a>
      <header class="reader-bar">
        <a class="button quiet square" href="#/library" aria-label={t.reader.back}>
          <Icon name="back" />
        </a>
        <h1 title={media.title}>{media.title}</h1>
        {isPdf && hasText && (
          <fieldset class="switch">
            <legend class="unseen">{t.reader.view}</legend>
            {(['pages', 'text'] as const).map((kind) => (
              <button
                key={kind}
                type="button"
                class="quiet"
                aria-pressed={view === kind}
                onClick={() => {
                  at.current = listening?.place.peek() ?? null
                  isFound.current = false
                  shown.value = kind
                }}
              >
                {t.reader[kind]}
              </button>
            ))}
          </fieldset>
        )}
        {text && text.chapters.length > 1 && (
          <button type="button" class="quiet square when-wide" aria-label={t.reader.contents} onClick={() => setDialog('contents')}>
            <Icon name="contents" />
          </button>
        )}
        {hasText && view === 'text' && (
          <button type="button" class="quiet square" aria-label={t.reader.settings} onClick={() => setDialog('settings')}>
            <Icon name="letters" />
          </button>
        )}
        <Menu label={t.library.actions(media.title)} choices={choices}>
          <Icon name="more" />
        </Menu>
      </header>
      <main id="content" tabIndex={-1}>
        {!isReady && <NotReady media={media} />}
        {isReady && media.notes.length > 0 && <Notes media={media} />}
        {isReady && isPdf && view === 'pages' && (
          <PdfView
            mediaId={media.id}
            title={media.title}
            pages={media.page_count ?? 1}
            hasText={hasText}
            language={media.language}
            at={at.current}
            onPoint={onPoint}
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
            isFound={isFound.current}
            onPoint={onPoint}
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
            if (place !== null) surface.peek()?.reveal(place, true)
          }}
          onListen={() => {
            setListenFrom(null)
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
            follows.value = !matchMedia('(prefers-reduced-motion: reduce)').matches
            void listening.take(job, { play: true, ...(listenFrom === null ? {} : { at: listenFrom }) })
          }}
        />
      )}
      {dialog === 'settings' && <Settings onClose={close} />}
      {dialog === 'contents' && text && (
        <Dialog title={t.reader.contents} kind="sheet" onClose={close}>
          <ol class="choose">
            {text.chapters.map((chapter) => (
              <li key={chapter.start}>
                <button
                  type="button"
                  class="quiet"
                  onClick={() => {
                    close()
                    if (listening?.job.peek() && listening.isPlaying.peek()) listening.hear(chapter.start)
                    surface.peek()?.reveal(chapter.start, false)
                  }}
                >
                  {chapter.title}
                </button>
              </li>
            ))}
          </ol>
        </Dialog>
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
  const waits = t.reader.notReady[media.status]
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

/** Pictures, sound, video; and files of which nothing can be shown. */
function Plain({ media }: { media: Media }) {
  const [url, setUrl] = useState('')
  const [error, setError] = useState('')
  const kind = kindOf(media.media_type)
  const restarts = useRef(0)
  useEffect(() => {
    if (kind === 'document') return
    const asked =
      kind === 'picture'
        ? call<SignedUrl>('GET', `/v1/media/${media.id}/url`).then((signed) => signed.url)
        : call<{ path: string }>('POST', `/v1/media/${media.id}/capability`).then(({ path }) => address(path))
    asked.then(setUrl, (problem) => setError(sentence(problem)))
  }, [media.id])
  // The address behind the redirect runs out: ask again, and go on where it was.
  const again = (event: Event) => {
    const player = event.currentTarget as HTMLMediaElement
    if (restarts.current++ >= 3) {
      setError(t.reader.damaged)
      return
    }
    const place = player.currentTime
    player.src = `${url}&again=${Date.now()}`
    player.currentTime = place
    void player.play().catch(() => undefined)
  }
  if (error) return <p class="nothing">{error}</p>
  if (kind === 'document')
    return (
      <div class="nothing">
        <Icon name="document" size={44} />
        <h2>{t.reader.noText}</h2>
        <button type="button" class="plain" onClick={() => void download(media)}>
          <Icon name="download" /> {t.library.download}
        </button>
      </div>
    )
  if (!url) return <output class="spinner" aria-label={t.loading} />
  if (kind === 'picture') return <img class="picture" src={url} alt={t.reader.picture(media.title)} />
  if (kind === 'video') return <video class="video" src={url} controls onError={again} aria-label={media.title} />
  return (
    <div class="sound">
      <Icon name="audio" size={64} />
      <audio src={url} controls onError={again} aria-label={media.title} />
    </div>
  )
}

function Details({ media, onClose }: { media: Media; onClose: () => void }) {
  const facts: [string, string][] = [
    [t.reader.type, media.media_type],
    [t.reader.size, bytes(media.size_bytes)],
    [t.reader.added, moment(media.created_at)],
  ]
  if (media.page_count) facts.push([t.reader.pages, count(media.page_count)])
  if (media.word_count) facts.push([t.reader.text, t.library.words(media.word_count)])
  if (media.duration_ms) facts.push([t.listening.length, clock(media.duration_ms)])
  if (media.language) facts.push([t.reader.language, media.language])
  if (media.tags.length) facts.push([t.library.editTags, media.tags.join(', ')])
  return (
    <Dialog title={t.reader.details} onClose={onClose}>
      <dl class="facts">
        <dt>{t.library.title_}</dt>
        <dd>{media.filename}</dd>
        {facts.map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
    </Dialog>
  )
}
