import { useEffect, useState } from 'preact/hooks'
import { apiUrl, call, type Page } from '../api/client'
import { areCollectionsLoaded, collections, loadCollections } from '../library/account'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { Name } from '../parts/Name'
import { reportErrors, toast } from '../parts/toasts'
import { reconnections } from '../platform/network'
import { t } from '../texts'
import { formatDate } from '../texts/format'

interface Podcast {
  collection_id: string
  created_at: string
}

async function loadPodcasts(): Promise<Podcast[]> {
  const loaded: Podcast[] = []
  let cursor: string | null = null
  do {
    const page: Page<Podcast> = await call('GET', '/v1/podcasts', { query: { limit: 100, cursor } })
    loaded.push(...page.items)
    cursor = page.next_cursor
  } while (cursor)
  return loaded
}

/** Private feeds of collections. A link is shown once; creating a new one revokes the old one. */
export function Podcasts() {
  const [collectionId, setCollectionId] = useState('')
  const [url, setUrl] = useState('')
  const [podcasts, setPodcasts] = useState<Podcast[]>([])
  const reload = async () => setPodcasts(await loadPodcasts())
  useEffect(() => {
    void reportErrors(loadCollections)
    void reportErrors(reload)
  }, [reconnections.value])
  const collection = collections.value.find(({ id }) => id === collectionId) ?? collections.value[0]
  if (!collection)
    return areCollectionsLoaded.value ? <p>{t.account.podcastNoCollections}</p> : <output class="spinner" aria-label={t.loading} />
  const hasLink = podcasts.some((podcast) => podcast.collection_id === collection.id)
  const create = async () => {
    setUrl(apiUrl((await call<{ path: string }>('POST', `/v1/collections/${collection.id}/podcast`)).path))
    await reload()
  }
  const revoke = async (id: string, name: string) => {
    await call('DELETE', `/v1/collections/${id}/podcast`)
    if (id === collection.id) setUrl('')
    await reload()
    toast(t.account.podcastRevoked(displayName(name)))
  }
  const copy = async () => {
    await navigator.clipboard.writeText(url)
    toast(t.account.podcastCopied)
  }
  const links = podcasts.flatMap(({ collection_id: id, created_at: createdAt }) => {
    const name = collections.value.find((candidate) => candidate.id === id)?.name
    return name === undefined ? [] : [{ id, name, createdAt }]
  })
  return (
    <>
      <label class="field narrow">
        <span class="label">{t.account.podcastCollection}</span>
        <select
          value={collection.id}
          onChange={(event) => {
            setCollectionId(event.currentTarget.value)
            setUrl('')
          }}
        >
          {collections.value.map(({ id, name }) => (
            <option key={id} value={id}>
              {displayName(name)}
            </option>
          ))}
        </select>
      </label>
      <p class="section-actions">
        <button type="button" class="plain" onClick={() => void reportErrors(create)}>
          {hasLink ? t.account.podcastReplace : t.account.podcastCreate}
        </button>
      </p>
      {url && (
        <div class="field podcast-link" role="status">
          <p>{t.account.podcastShownOnce}</p>
          <input readOnly value={url} aria-label={t.account.podcast} onFocus={(event) => event.currentTarget.select()} />
          <button type="button" class="plain" onClick={() => void reportErrors(copy)}>
            <Icon name="copy" /> {t.account.podcastCopy}
          </button>
        </div>
      )}
      {links.length > 0 && (
        <ul class="export-list" aria-label={t.account.podcast}>
          {links.map(({ id, name, createdAt }) => (
            <li key={id}>
              <span>
                <Name>{name}</Name> <span class="dim">· {t.account.podcastSince(formatDate(createdAt))}</span>
              </span>
              <button
                type="button"
                class="plain"
                aria-label={t.account.podcastRevokeOf(displayName(name))}
                onClick={() => void reportErrors(() => revoke(id, name))}
              >
                {t.account.podcastRevoke}
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
