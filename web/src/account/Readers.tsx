import { apiUrl } from '../api/client'
import { Icon } from '../parts/Icon'
import { reportErrors, toast } from '../parts/toasts'
import { t } from '../texts'

/** The address of the catalogue, which e-readers ask for. */
export function Readers() {
  const address = apiUrl('/v1/opds')
  const copy = async () => {
    await navigator.clipboard.writeText(address)
    toast(t.account.readersCopied)
  }
  return (
    <div class="field podcast-link">
      <input readOnly value={address} aria-label={t.account.readersAddress} onFocus={(event) => event.currentTarget.select()} />
      <button type="button" class="plain" onClick={() => void reportErrors(copy)}>
        <Icon name="copy" /> {t.account.readersCopy}
      </button>
    </div>
  )
}
