import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { account, collections } from './library/account'
import { SearchField } from './library/SearchField'
import { StorageMeter } from './library/StorageMeter'
import { Dialog } from './parts/Dialog'
import { displayName } from './parts/displayName'
import { Icon, type IconName } from './parts/Icon'
import { lazy } from './parts/lazy'
import { SkipLink } from './parts/SkipLink'
import { Wordmark } from './parts/Wordmark'
import { navigate, route } from './platform/route'
import { t } from './texts'
import { AddFiles } from './uploads/AddFiles'

const CollectionDialog = lazy(() => import('./library/dialogs').then((module) => module.CollectionDialog), { isDialog: true })

const MAX_COLLECTIONS = 12 // in the sidebar; its heading links to all of them

/** The frame of every screen but the reader: sidebar, search field and the button that adds files. */
export function Shell({ children }: { children: ComponentChildren }) {
  const [isMenuOpen, setMenuOpen] = useState(false)
  const current = route.value
  useEffect(() => setMenuOpen(false), [current])
  return (
    <div class="shell">
      <SkipLink />
      <aside class="sidebar">
        <Navigation />
      </aside>
      <header class="top-bar">
        <button type="button" class="quiet square menu-button" aria-label={t.shell.menu} onClick={() => setMenuOpen(true)}>
          <Icon name="menu" />
        </button>
        <SearchField />
        <AddFiles class="primary top-bar-add">
          <Icon name="plus" /> <span>{t.shell.addShort}</span>
        </AddFiles>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      {isMenuOpen && (
        <Dialog title={t.name} kind="sheet" onClose={() => setMenuOpen(false)}>
          <Navigation />
        </Dialog>
      )}
    </div>
  )
}

function Navigation() {
  const [isDialogOpen, setDialogOpen] = useState(false)
  return (
    <>
      <a class="wordmark" href="#/library">
        <Wordmark />
        {t.name}
      </a>
      <AddFiles class="primary wide">
        <Icon name="plus" /> {t.shell.add}
      </AddFiles>
      <nav aria-label={t.shell.navigation}>
        <NavLink to="/library" icon="library" label={t.shell.all} />
        <NavLink to="/library?type=application/*" icon="document" label={t.shell.documents} />
        <NavLink to="/library?type=text/*" icon="letters" label={t.shell.texts} />
        <NavLink to="/library?type=image/*" icon="image" label={t.shell.images} />
        <NavLink to="/library?type=audio/*" icon="audio" label={t.shell.audio} />
        <NavLink to="/library?type=video/*" icon="video" label={t.shell.video} />
        <div class="sidebar-heading">
          <a href="#/collections">{t.shell.collections}</a>
          <button type="button" class="quiet square" aria-label={t.shell.newCollection} onClick={() => setDialogOpen(true)}>
            <Icon name="plus" size={18} />
          </button>
        </div>
        {collections.value.slice(0, MAX_COLLECTIONS).map((collection) => (
          <NavLink
            key={collection.id}
            to={`/collections/${collection.id}`}
            icon="collection"
            label={displayName(collection.name)}
            count={collection.item_count}
          />
        ))}
        <hr />
        <NavLink to="/notes" icon="notes" label={t.shell.notes} />
        <NavLink to="/trash" icon="trash" label={t.shell.trash} count={account.value?.usage.media.trashed || undefined} />
        <NavLink to="/account" icon="account" label={t.shell.account} />
      </nav>
      <StorageMeter />
      {isDialogOpen && (
        <CollectionDialog onClose={() => setDialogOpen(false)} onCreated={(created) => navigate(`/collections/${created.id}`)} />
      )}
    </>
  )
}

function NavLink({ to, icon, label, count }: { to: string; icon: IconName; label: string; count?: number | undefined }) {
  const { parts, query } = route.value
  const [path, parameters = ''] = to.split('?')
  const isCurrent =
    `/${parts.join('/') || 'library'}` === path && (query.get('type') ?? '') === (new URLSearchParams(parameters).get('type') ?? '')
  return (
    <a class="nav-link" href={`#${to}`} aria-current={isCurrent ? 'page' : undefined}>
      <Icon name={icon} />
      <span>{label}</span>
      {count !== undefined && <span class="dim">{count}</span>}
    </a>
  )
}
