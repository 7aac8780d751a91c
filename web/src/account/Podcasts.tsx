import { useEffect, useState } from 'preact/hooks'
import { apiUrl, call } from '../api/client'
import { collections, loadCollections } from '../library/account'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { reportErrors, toast } from '../parts/toasts'
import { t } from '../texts'

/** Private feeds of collections. A link is shown once; creating a new one revokes the old one. */
export function Podcasts() {
  const [collectionId, setCollectionId] = useState('')
  const [url, setUrl] = useState('')
  useEffect(() => void reportErrors(loadCollections), [])
  const collection = collections.value.find(({ id }) => id === collectionId) ?? collections.value[0]
  if (!collection) return <p>{t.account.podcastNoCollections}</p>
  const path = `/v1/collections/${collection.id}/podcast`
  const create = async () => setUrl(apiUrl((await call<{ path: string }>('POST', path)).path))
  const revoke = async () => {
    await call('DELETE', path)
    setUrl('')
    toast(t.account.podcastRevoked(displayName(collection.name)))
  }
  const copy = async () => {
    await navigator.clipboard.writeText(url)
    toast(t.account.podcastCopied)
  }
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
              {name}
            </option>
          ))}
        </select>
      </label>
      <p class="section-actions">
        <button type="button" class="plain" onClick={() => void reportErrors(create)}>
          {t.account.podcastCreate}
        </button>
        <button type="button" class="plain" onClick={() => void reportErrors(revoke)}>
          {t.account.podcastRevoke}
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
    </>
  )
}
