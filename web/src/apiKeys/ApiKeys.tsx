import '../styles/api-keys.css'
import { useEffect, useState } from 'preact/hooks'
import { call } from '../api/client'
import { Confirm, Dialog } from '../parts/Dialog'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { Name } from '../parts/Name'
import { reportErrors, toast } from '../parts/toasts'
import { reconnections } from '../platform/network'
import { t } from '../texts'
import { formatDate, formatDateTime } from '../texts/format'
import { type ApiKey, type CreatedApiKey, loadApiKeys } from './apiKeys'
import { isExpired } from './expiry'
import { NewKeyDialog } from './NewKeyDialog'

/** The keys of the account: a list with the last use of each, and buttons to create and delete one. */
export function ApiKeys() {
  const [keys, setKeys] = useState<ApiKey[] | null>(null)
  const [isCreating, setCreating] = useState(false)
  const [created, setCreated] = useState<CreatedApiKey | null>(null)
  const [deleted, setDeleted] = useState<ApiKey | null>(null)
  const load = () => reportErrors(async () => setKeys(await loadApiKeys()))
  useEffect(() => void load(), [reconnections.value])
  const remove = async (key: ApiKey) => {
    await call('DELETE', `/v1/api-keys/${key.id}`)
    toast(t.apiKeys.deleted(displayName(key.name)))
    await load()
  }
  if (!keys) return <output class="spinner" aria-label={t.loading} />
  return (
    <>
      {keys.length > 0 && (
        <ul class="export-list api-keys" aria-label={t.apiKeys.title}>
          {keys.map((key) => (
            <li key={key.id}>
              <span>
                <b>
                  <Name>{key.name}</Name>
                </b>{' '}
                <code class="dim">vm_…{key.last_four}</code>
                <span class="api-key-facts dim">{factsOf(key)}</span>
                <span class="api-key-facts dim">{key.scopes.map((scope) => t.apiKeys.scopes[scope]).join(' · ')}</span>
              </span>
              <button
                type="button"
                class="quiet square"
                aria-label={t.apiKeys.deleteOf(displayName(key.name))}
                onClick={() => setDeleted(key)}
              >
                <Icon name="trash" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <button type="button" class="plain" onClick={() => setCreating(true)}>
        <Icon name="plus" /> {t.apiKeys.create}
      </button>
      {isCreating && (
        <NewKeyDialog
          onClose={() => setCreating(false)}
          onCreated={(key) => {
            setCreated(key)
            void load()
          }}
        />
      )}
      {created && <CreatedKeyDialog created={created} onClose={() => setCreated(null)} />}
      {deleted && (
        <Confirm
          title={t.apiKeys.deleteOf(displayName(deleted.name))}
          text={t.apiKeys.deleteText}
          action={t.apiKeys.delete}
          onClose={() => setDeleted(null)}
          onConfirm={() => void reportErrors(() => remove(deleted))}
        />
      )}
    </>
  )
}

function factsOf(key: ApiKey): string {
  const use = key.last_used_at ? t.apiKeys.lastUsed(formatDateTime(key.last_used_at)) : t.apiKeys.neverUsed
  if (!key.expires_at) return use
  const expiry = formatDate(key.expires_at)
  return `${isExpired(key, Date.now()) ? t.apiKeys.expired(expiry) : t.apiKeys.expires(expiry)} · ${use}`
}

/** Shows the text of a new key, this once. */
function CreatedKeyDialog({ created, onClose }: { created: CreatedApiKey; onClose: () => void }) {
  const copy = async () => {
    await navigator.clipboard.writeText(created.key)
    toast(t.apiKeys.copied)
  }
  return (
    <Dialog title={t.apiKeys.createdTitle} onClose={onClose}>
      <p>{t.apiKeys.shownOnce}</p>
      <input
        readOnly
        class="api-key-text"
        value={created.key}
        aria-label={displayName(created.name)}
        onFocus={(event) => event.currentTarget.select()}
      />
      <div class="dialog-footer">
        <button type="button" class="plain" onClick={onClose}>
          {t.close}
        </button>
        <button type="button" class="primary" onClick={() => void reportErrors(copy)}>
          <Icon name="copy" /> {t.apiKeys.copy}
        </button>
      </div>
    </Dialog>
  )
}
