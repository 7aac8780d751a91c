import '@fontsource-variable/atkinson-hyperlegible-next/wght.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/dialogs.css'
import './styles/toasts.css'
import './styles/shell.css'
import './styles/sign-in.css'
import './styles/library.css'
import './styles/media-card.css'
import './styles/uploads.css'
import { effect } from '@preact/signals'
import { render } from 'preact'
import { addressAfterSignIn, stepOf } from './account/signInAddress'
import { isSignedIn } from './api/session'
import { isShortcutHelpOpen } from './help/shortcutHelp'
import { latestChanges, startChangeFeed } from './library/changeFeed'
import { Library } from './library/Library'
import { onPlay } from './library/playActions'
import { onPrefetch } from './library/prefetch'
import { WAITING_KEY } from './offline/queuedWrite'
import { Icon } from './parts/Icon'
import { lazy } from './parts/lazy'
import { NetworkSign } from './parts/NetworkSign'
import { useTitle } from './parts/title'
import { dismissToasts, reportErrors, Toasts } from './parts/toasts'
import { loadConfig } from './platform/config'
import { keptMedia } from './platform/keptMedia'
import { reconnections } from './platform/network'
import { beganWithShare, isSharePage, navigate, route } from './platform/route'
import { keepScrollPositions } from './platform/scroll'
import type { Playback } from './playing/model'
import { isQueueOpen, nowPlaying, onScreen, whenFinished } from './playing/nowPlaying'
import { Shell } from './Shell'
import { registerServiceWorker } from './serviceWorker'
import { loadTexts, t, withScreenTexts } from './texts'
import { AddFiles, DropZone } from './uploads/AddFiles'
import { UploadList } from './uploads/UploadList'

const loadSignIn = () => import('./account/SignIn')
const SignIn = lazy(() => loadSignIn().then((module) => module.SignIn), { hasTexts: true })
const Account = lazy(() => import('./account/Account').then((module) => module.Account))
const QueuePanel = lazy(() => import('./queue/QueuePanel').then((module) => module.QueuePanel))
const loadQueue = () => withScreenTexts(import('./queue/queue'))
const MiniPlayer = lazy(() => import('./playing/MiniPlayer').then((module) => module.MiniPlayer))
const Collections = lazy(() => import('./library/Collections').then((module) => module.Collections))
const CollectionMedia = lazy(() => import('./library/Collections').then((module) => module.CollectionMedia))
const Notes = lazy(() => import('./annotations/Notes').then((module) => module.Notes))
const ShortcutsDialog = lazy(() => import('./help/ShortcutsDialog').then((module) => module.ShortcutsDialog), { isDialog: true })
const SharedPage = lazy(() => import('./shared/SharedPage').then((module) => module.SharedPage))
const ErasureReceipt = lazy(() => import('./account/ErasureReceipt').then((module) => module.ErasureReceipt))
const bookmarkSpoken = (playback: Playback) =>
  void reportErrors(async () => (await withScreenTexts(import('./annotations/bookmarkSpoken'))).bookmarkSpoken(playback))
const loadReader = () => withScreenTexts(import('./reader/Reader'))
const Reader = lazy(() => loadReader().then((module) => module.Reader))

// Errors are ignored: opening the media loads the reader again.
onPrefetch((media) => {
  void loadReader().catch(() => undefined)
  if (media.media_type === 'application/pdf') void withScreenTexts(import('./reader/pdf/PdfView')).catch(() => undefined)
})

onPlay({
  playNext: (media) => void reportErrors(async () => (await loadQueue()).playNext(media)),
  addToQueue: (media) => void reportErrors(async () => (await loadQueue()).addToQueue(media)),
  playCollection: (id) => void reportErrors(async () => (await loadQueue()).playCollection(id)),
})
// Readers of a share have no queue.
if (!beganWithShare) whenFinished((playback) => void reportErrors(async () => (await loadQueue()).advance(playback)))
const closeQueue = () => {
  isQueueOpen.value = false
}

function App() {
  const [screen = 'library', id, , itemId] = route.value.parts
  if (screen === 'shared' && id) return <SharedPage key={id} token={id} mediaId={itemId ?? null} />
  if (screen === 'erasures' && id) return <ErasureReceipt token={id} />
  if (!isSignedIn.value) return <SignIn />
  const playback = nowPlaying.value
  return (
    <>
      {screen === 'media' && id ? <Reader key={id} id={id} /> : <Shell>{screenInShell(screen, id)}</Shell>}
      {playback && playback !== onScreen.value && <MiniPlayer playback={playback} onBookmark={() => bookmarkSpoken(playback)} />}
      {isQueueOpen.value && <QueuePanel onClose={closeQueue} />}
      <UploadList />
      <DropZone />
    </>
  )
}

function screenInShell(screen: string, id: string | undefined) {
  if (screen === 'library') return <Library renderAddFiles={renderAddFiles} />
  if (screen === 'trash') return <Library isTrash />
  if (screen === 'collections') return id ? <CollectionMedia key={id} id={id} /> : <Collections />
  if (screen === 'notes') return <Notes />
  if (screen === 'account') return <Account />
  return <NotFound />
}

function ShortcutHelp() {
  if (!isShortcutHelpOpen.value) return null
  return (
    <ShortcutsDialog
      onClose={() => {
        isShortcutHelpOpen.value = false
      }}
    />
  )
}

const renderAddFiles = () => (
  <AddFiles class="primary">
    <Icon name="plus" /> {t.shell.add}
  </AddFiles>
)

function NotFound() {
  useTitle(t.notFound)
  return (
    <div class="empty-state">
      <h1>{t.notFound}</h1>
      <a class="button plain" href="#/library">
        {t.toLibrary}
      </a>
    </div>
  )
}

effect(() => {
  if (isSignedIn.value && stepOf(route.value)) navigate(addressAfterSignIn(route.value), { replace: true })
})

effect(() => {
  if (!isSignedIn.value) dismissToasts() // the next user must not see them
})

// A share is read without the account, even by its owner: the one and the other are different pages.
effect(() => {
  if (isSharePage() !== beganWithShare) location.reload()
})

keepScrollPositions()
if (!isSignedIn.peek() && !beganWithShare) void loadSignIn().catch(() => undefined) // together with the configuration; `lazy` shows errors

/** Send what waits on this device, now and whenever the server can be reached again, and look after what is kept. */
function continueOffline() {
  effect(() => {
    reconnections.value
    if (isSignedIn.value && localStorage.getItem(WAITING_KEY)) void import('./offline/outbox').then(({ send }) => send())
  })
  const isAnyKept = () => Object.keys(keptMedia.value).length > 0
  if (isAnyKept()) void withScreenTexts(import('./offline/eviction')).then(({ reportEviction }) => reportEviction())
  effect(() => {
    if (isAnyKept()) void withScreenTexts(import('./offline/renewal')).then(({ followChanges }) => followChanges(latestChanges))
  })
}

void import('./parts/tooltip').then(({ installTooltips }) => installTooltips()).catch(() => undefined)

async function start(root: HTMLElement) {
  try {
    await Promise.all([loadConfig(), loadTexts()])
    render(
      <>
        <App />
        <ShortcutHelp />
        <NetworkSign />
        <Toasts />
      </>,
      root,
    )
    if (!beganWithShare) {
      startChangeFeed()
      continueOffline()
    }
    if (import.meta.env.PROD) registerServiceWorker()
  } catch {
    root.textContent = t.problem.configuration
  }
}

const root = document.getElementById('page')
if (!root) throw new Error('index.html has no element with the id "page"')
void start(root) // not awaited here: the files of other languages import this one, and would wait for its end
