import '../styles/sharing.css'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { callAnonymously, type Page, sendAnonymously } from '../api/client'
import { errorMessage, isUnreachable, Problem } from '../api/problem'
import { readShare } from '../api/share'
import { Field } from '../parts/Field'
import { Icon } from '../parts/Icon'
import { SkipLink } from '../parts/SkipLink'
import { useTitle } from '../parts/title'
import { Wordmark } from '../parts/Wordmark'
import { reconnections } from '../platform/network'
import { t } from '../texts'
import type { SharedContent, SharedMedia } from './model'
import { SharedCollection } from './SharedCollection'
import { SharedReader } from './SharedReader'

type State =
  | { kind: 'loading' | 'closed' | 'locked' }
  | { kind: 'failed'; error: string }
  | { kind: 'open'; content: SharedContent; media: SharedMedia[] }

/** What a share link opens, for anyone, without an account. */
export function SharedPage({ token, mediaId }: { token: string; mediaId: string | null }) {
  const [state, setState] = useState<State>({ kind: 'loading' })
  const open = async () => {
    try {
      const path = `/v1/shared/${encodeURIComponent(unlockedToken(token) ?? token)}`
      const content = await callAnonymously<SharedContent>(path)
      const media = await listMedia(path)
      readShare(path)
      setState({ kind: 'open', content, media })
    } catch (error) {
      setState(stateOf(error))
    }
  }
  useEffect(() => {
    if (state.kind !== 'open') void open()
  }, [token, reconnections.value])

  if (state.kind === 'open') {
    const { content, media } = state
    const shown = media.find(({ id }) => id === (mediaId ?? content.media_id))
    if (shown) {
      const back = content.kind === 'collection' ? `#/shared/${token}` : null
      return <SharedReader key={shown.id} shared={shown} canDownload={content.download} back={back} />
    }
    if (content.kind === 'collection' && mediaId === null) return <SharedCollection token={token} content={content} media={media} />
    return <Closed />
  }
  if (state.kind === 'closed') return <Closed />
  if (state.kind === 'locked') return <Locked token={token} onUnlocked={open} />
  if (state.kind === 'failed')
    return (
      <Frame title={t.sharing.notLoaded}>
        <p role="alert">{state.error}</p>
        <button type="button" class="plain" onClick={() => void open()}>
          {t.tryAgain}
        </button>
      </Frame>
    )
  return <output class="spinner" aria-label={t.loading} />
}

async function listMedia(path: string): Promise<SharedMedia[]> {
  const media: SharedMedia[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page: Page<SharedMedia> = await callAnonymously(`${path}/media?limit=100${query}`)
    media.push(...page.items)
    cursor = page.next_cursor
  } while (cursor)
  return media
}

function stateOf(error: unknown): State {
  if (error instanceof Problem && error.status === 404) return { kind: 'closed' }
  if (error instanceof Problem && error.code === 'password_required') return { kind: 'locked' }
  return { kind: 'failed', error: isUnreachable(error) ? t.problem.unreachable : errorMessage(error) }
}

// The token that the password was exchanged for: until this tab is closed.
const storageKey = (token: string) => `visionary.unlocked.${token}`
const unlockedToken = (token: string) => sessionStorage.getItem(storageKey(token))

/** A page with one message, below the name of the product. */
function Frame({ title, icon, children }: { title: string; icon?: 'lock' | 'warning'; children: ComponentChildren }) {
  useTitle(title)
  return (
    <div class="shared-page">
      <SkipLink />
      <header class="wordmark">
        <Wordmark />
        {t.name}
      </header>
      <main class="shared-message" id="content" tabIndex={-1}>
        {icon && <Icon name={icon} size={44} />}
        <h1>{title}</h1>
        {children}
      </main>
    </div>
  )
}

/** Shown for a link that expired, was revoked, or never existed: they look the same. */
function Closed() {
  return (
    <Frame title={t.sharing.closed} icon="warning">
      <p role="status">{t.sharing.closedHint}</p>
    </Frame>
  )
}

/** Asks for the password of a share. */
function Locked({ token, onUnlocked }: { token: string; onUnlocked: () => Promise<void> }) {
  const [password, setPassword] = useState('')
  const [error, setError] = useState('')
  const [isBusy, setBusy] = useState(false)
  const unlock = async () => {
    setBusy(true)
    setError('')
    try {
      const unlocked = await sendAnonymously<{ token: string }>(`/v1/shared/${encodeURIComponent(token)}/unlock`, { password })
      sessionStorage.setItem(storageKey(token), unlocked.token)
      await onUnlocked()
    } catch (thrown) {
      const isWrong = thrown instanceof Problem && thrown.code === 'wrong_password'
      setError(isWrong ? t.sharing.wrongPassword : errorMessage(thrown))
      setBusy(false)
    }
  }
  return (
    <Frame title={t.sharing.locked} icon="lock">
      <p>{t.sharing.lockedHint}</p>
      <form
        class="share-form"
        onSubmit={(event) => {
          event.preventDefault()
          void unlock()
        }}
      >
        <Field label={t.sharing.enterPassword} type="password" autocomplete="off" value={password} onValue={setPassword} required isFirst />
        <div role="alert">{error && <p class="error-text">{error}</p>}</div>
        <button type="submit" class="primary" disabled={isBusy}>
          {t.sharing.open}
        </button>
      </form>
    </Frame>
  )
}
