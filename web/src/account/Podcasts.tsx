import { useEffect, useState } from 'preact/hooks'
import { address, call } from '../api/client'
import { sentence } from '../api/problem'
import { collections, loadCollections } from '../library/account'
import { Icon } from '../parts/Icon'
import { tell } from '../parts/toasts'
import { t } from '../texts'

/** A private feed of a collection: its address is told once, a new one ends the old one. */
export function Podcasts() {
  const [collectionId, setCollectionId] = useState('')
  const [url, setUrl] = useState('')
  const shown = (work: () => Promise<unknown>) => work().catch((error) => tell(sentence(error), { isError: true }))
  useEffect(() => void shown(loadCollections), [])
  const chosen = collections.value.find((one) => one.id === collectionId) ?? collections.value[0]
  if (!chosen) return <p>{t.account.podcastNoCollections}</p>
  const path = `/v1/collections/${chosen.id}/podcast`
  const create = async () => setUrl(address((await call<{ path: string }>('POST', path)).path))
  const revoke = async () => {
    await call('DELETE', path)
    setUrl('')
    tell(t.account.podcastRevoked(chosen.name))
  }
  const copy = async () => {
    await navigator.clipboard.writeText(url)
    tell(t.account.podcastCopied)
  }
  return (
    <>
      <label class="field narrow">
        <span class="label">{t.account.podcastCollection}</span>
        <select
          value={chosen.id}
          onChange={(event) => {
            setCollectionId(event.currentTarget.value)
            setUrl('')
          }}
        >
          {collections.value.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
      <p class="part-actions">
        <button type="button" class="plain" onClick={() => void shown(create)}>
          {t.account.podcastCreate}
        </button>
        <button type="button" class="plain" onClick={() => void shown(revoke)}>
          {t.account.podcastRevoke}
        </button>
      </p>
      {url && (
        <div class="field feed" role="status">
          <p>{t.account.podcastShown}</p>
          <input readOnly value={url} aria-label={t.account.podcast} onFocus={(event) => event.currentTarget.select()} />
          <button type="button" class="plain" onClick={() => void shown(copy)}>
            <Icon name="copy" /> {t.account.podcastCopy}
          </button>
        </div>
      )}
    </>
  )
}
