import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { account, collections } from './library/account'
import { EditCollection } from './library/dialogs'
import { SearchField } from './library/Search'
import { StorageMeter } from './library/StorageMeter'
import { Dialog } from './parts/Dialog'
import { Icon, type IconName } from './parts/Icon'
import { Skip } from './parts/SkipLink'
import { go, route } from './platform/route'
import { t } from './texts'
import { AddFiles } from './uploads/AddFiles'

/** What stands around every room but the reader: where one can go, search, and adding files. */
export function Shell({ children }: { children: ComponentChildren }) {
  const [isMenu, setMenu] = useState(false)
  const here = route.value
  useEffect(() => setMenu(false), [here])
  return (
    <div class="shell">
      <Skip />
      <aside class="rail">
        <Rail />
      </aside>
      <header class="bar">
        <button type="button" class="quiet square menu-button" aria-label={t.shell.menu} onClick={() => setMenu(true)}>
          <Icon name="menu" />
        </button>
        <SearchField />
        <AddFiles class="primary bar-add">
          <Icon name="plus" /> <span>{t.shell.addShort}</span>
        </AddFiles>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      {isMenu && (
        <Dialog title={t.name} kind="sheet" onClose={() => setMenu(false)}>
          <Rail />
        </Dialog>
      )}
    </div>
  )
}

function Rail() {
  const [isNew, setNew] = useState(false)
  return (
    <>
      <a class="wordmark" href="#/library">
        <img src="icon.svg" alt="" width="30" height="30" />
        {t.name}
      </a>
      <AddFiles class="primary wide">
        <Icon name="plus" /> {t.shell.add}
      </AddFiles>
      <nav aria-label={t.shell.navigation}>
        <Place to="/library" icon="library" label={t.shell.all} />
        <Place to="/library?type=application/*" icon="document" label={t.shell.documents} />
        <Place to="/library?type=text/*" icon="letters" label={t.shell.texts} />
        <Place to="/library?type=image/*" icon="picture" label={t.shell.pictures} />
        <Place to="/library?type=audio/*" icon="audio" label={t.shell.audio} />
        <Place to="/library?type=video/*" icon="video" label={t.shell.video} />
        <div class="rail-heading">
          <a href="#/collections">{t.shell.collections}</a>
          <button type="button" class="quiet square" aria-label={t.shell.newCollection} onClick={() => setNew(true)}>
            <Icon name="plus" size={18} />
          </button>
        </div>
        {collections.value.slice(0, 12).map((collection) => (
          <Place
            key={collection.id}
            to={`/collections/${collection.id}`}
            icon="collection"
            label={collection.name}
            count={collection.item_count}
          />
        ))}
        <hr />
        <Place to="/trash" icon="trash" label={t.shell.trash} count={account.value?.usage.media.trashed || undefined} />
        <Place to="/account" icon="account" label={t.shell.account} />
      </nav>
      <StorageMeter />
      {isNew && <EditCollection onClose={() => setNew(false)} onCreated={(made) => go(`/collections/${made.id}`)} />}
    </>
  )
}

function Place({ to, icon, label, count }: { to: string; icon: IconName; label: string; count?: number | undefined }) {
  const { parts, query } = route.value
  const [path, wanted = ''] = to.split('?')
  const isHere =
    `/${parts.join('/') || 'library'}` === path && (query.get('type') ?? '') === (new URLSearchParams(wanted).get('type') ?? '')
  return (
    <a class="place" href={`#${to}`} aria-current={isHere ? 'page' : undefined}>
      <Icon name={icon} />
      <span>{label}</span>
      {count !== undefined && <span class="dim">{count}</span>}
    </a>
  )
}
