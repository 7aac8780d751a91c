import { useEffect, useState } from 'preact/hooks'
import { call } from '../api/client'
import { MAX_CHARACTERS } from '../api/limits'
import { errorMessage } from '../api/problem'
import { Dialog } from '../parts/Dialog'
import { Field } from '../parts/Field'
import { Icon } from '../parts/Icon'
import { RadioGroup } from '../parts/RadioGroup'
import { reportErrors } from '../parts/toasts'
import { t } from '../texts'
import { type Expiry, expiryAfter, listShares, type Share, shareUrl } from './model'
import { copyLink, ShareList } from './ShareList'

const MIN_PASSWORD_CHARACTERS = 8

interface Props {
  /** The API path of what is shared. */
  path: string
  title: string
  isCollection?: boolean
  onClose: () => void
}

/** Creates links to a media or a collection, and lists those that exist. */
export function ShareDialog({ path, title, isCollection = false, onClose }: Props) {
  const [expiry, setExpiry] = useState<Expiry>('week')
  const [password, setPassword] = useState('')
  const [allowsDownload, setAllowsDownload] = useState(false)
  const [created, setCreated] = useState<Share | null>(null)
  const [shares, setShares] = useState<Share[]>([])
  const [error, setError] = useState('')
  const [isBusy, setBusy] = useState(false)
  const load = async () => setShares(await listShares(`${path}/shares`))
  useEffect(() => {
    void reportErrors(load)
  }, [])
  const create = async () => {
    setBusy(true)
    setError('')
    try {
      const body = { expires_at: expiryAfter(expiry), password: password || null, download: allowsDownload }
      setCreated(await call<Share>('POST', `${path}/shares`, { body, idempotencyKey: crypto.randomUUID() }))
      setPassword('')
      await load()
    } catch (thrown) {
      setError(errorMessage(thrown))
    }
    setBusy(false)
  }
  const others = shares.filter(({ id }) => id !== created?.id)
  return (
    <Dialog title={t.sharing.title(title)} onClose={onClose}>
      {created ? (
        <div class="field created-share" role="status">
          <p>{t.sharing.ready}</p>
          <input readOnly value={shareUrl(created)} aria-label={t.sharing.link} onFocus={(event) => event.currentTarget.select()} />
          <div class="dialog-footer">
            <button type="button" class="plain" onClick={() => setCreated(null)}>
              {t.sharing.another}
            </button>
            <button type="button" class="primary" onClick={() => void reportErrors(() => copyLink(created))}>
              <Icon name="copy" /> {t.sharing.copy}
            </button>
          </div>
        </div>
      ) : (
        <form
          class="share-form"
          onSubmit={(event) => {
            event.preventDefault()
            void create()
          }}
        >
          <p>{isCollection ? t.sharing.collectionHint : t.sharing.hint}</p>
          <RadioGroup
            label={t.sharing.expiry}
            options={t.sharing.expiries}
            value={expiry}
            onValue={(value) => setExpiry(value as Expiry)}
          />
          <Field
            label={t.sharing.password}
            hint={t.sharing.passwordHint}
            type="password"
            autocomplete="new-password"
            minLength={MIN_PASSWORD_CHARACTERS}
            maxLength={MAX_CHARACTERS.password}
            value={password}
            onValue={setPassword}
          />
          <label class="check">
            <input type="checkbox" checked={allowsDownload} onChange={(event) => setAllowsDownload(event.currentTarget.checked)} />
            {t.sharing.download}
          </label>
          <div role="alert">{error && <p class="error-text">{error}</p>}</div>
          <div class="dialog-footer">
            <button type="submit" class="primary" disabled={isBusy}>
              {t.sharing.create}
            </button>
          </div>
        </form>
      )}
      {others.length > 0 && (
        <>
          <h3>{t.sharing.existing}</h3>
          <ShareList shares={others} onRevoked={load} />
        </>
      )}
    </Dialog>
  )
}
