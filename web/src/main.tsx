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
import { SignIn } from './account/SignIn'
import { isSignedIn } from './api/session'
import { CollectionShelf, Collections } from './library/Collections'
import { Library } from './library/Library'
import { onPrefetch } from './library/prefetch'
import { Icon } from './parts/Icon'
import { lazily } from './parts/lazy'
import { useTitle } from './parts/title'
import { Notices, silence } from './parts/toasts'
import { whenConfigured } from './platform/config'
import { route } from './platform/route'
import { Shell } from './Shell'
import { loadTexts, t } from './texts'
import { AddFiles, DropZone } from './uploads/AddFiles'
import { UploadList } from './uploads/UploadList'

const Account = lazily(() => import('./account/Account').then((module) => module.Account))
const Receipt = lazily(() => import('./account/Receipt').then((module) => module.Receipt))
const loadReader = () => import('./reader/Reader')
const Reader = lazily(() => loadReader().then((module) => module.Reader))

// A failure is ignored: opening the reader loads it again.
onPrefetch((media) => {
  void loadReader().catch(() => undefined)
  if (media.media_type === 'application/pdf') void import('./reader/pdf/PdfView').catch(() => undefined)
})

function Page() {
  const [room = 'library', id] = route.value.parts
  if (room === 'erasures' && id) return <Receipt token={id} />
  if (!isSignedIn.value) return <SignIn />
  return (
    <>
      {room === 'media' && id ? <Reader key={id} id={id} /> : <Shell>{inShell(room, id)}</Shell>}
      <UploadList />
      <DropZone />
    </>
  )
}

const addFiles = () => (
  <AddFiles class="primary">
    <Icon name="plus" /> {t.shell.add}
  </AddFiles>
)

function inShell(room: string, id: string | undefined) {
  if (room === 'library') return <Library addFiles={addFiles} />
  if (room === 'trash') return <Library isTrash />
  if (room === 'collections') return id ? <CollectionShelf key={id} id={id} /> : <Collections />
  if (room === 'account') return <Account />
  return <NotFound />
}

function NotFound() {
  useTitle(t.notFound)
  return (
    <div class="nothing">
      <h1>{t.notFound}</h1>
      <a class="button plain" href="#/library">
        {t.toLibrary}
      </a>
    </div>
  )
}

effect(() => {
  if (!isSignedIn.value) silence() // toasts are not for the next user
})

const place = document.getElementById('page')
if (!place) throw new Error('index.html has no place for the page')
try {
  await Promise.all([whenConfigured(), loadTexts()])
  render(
    <>
      <Page />
      <Notices />
    </>,
    place,
  )
} catch {
  place.textContent = t.problem.loading
}
