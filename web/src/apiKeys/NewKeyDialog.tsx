import { useState } from 'preact/hooks'
import { call } from '../api/client'
import { MAX_CHARACTERS } from '../api/limits'
import { Problem } from '../api/problem'
import { Field } from '../parts/Field'
import { FormDialog } from '../parts/FormDialog'
import { t } from '../texts'
import { type CreatedApiKey, SCOPES, type Scope } from './apiKeys'
import { expiryAfter, LIFETIMES_DAYS } from './expiry'

interface Props {
  onClose: () => void
  onCreated: (key: CreatedApiKey) => void
}

/** Asks for a key's name, scopes and lifetime. A new key may only read, unless more is chosen. */
export function NewKeyDialog({ onClose, onCreated }: Props) {
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<Scope[]>(['media:read', 'speech:read'])
  const [days, setDays] = useState(90)
  const toggle = (scope: Scope) => setScopes(scopes.includes(scope) ? scopes.filter((other) => other !== scope) : [...scopes, scope])
  const create = async () => {
    if (scopes.length === 0) throw new Problem(0, 'no_scope', t.apiKeys.noScope)
    const body = { name, scopes, expires_at: expiryAfter(days, Date.now()) }
    onCreated(await call<CreatedApiKey>('POST', '/v1/api-keys', { body }))
  }
  return (
    <FormDialog title={t.apiKeys.create} action={t.apiKeys.createAction} onClose={onClose} onSubmit={create}>
      <Field label={t.apiKeys.name} hint={t.apiKeys.nameHint} value={name} onValue={setName} maxLength={MAX_CHARACTERS.name} required />
      <fieldset class="field api-key-scopes">
        <legend class="label">{t.apiKeys.scopesLabel}</legend>
        {SCOPES.map((scope) => (
          <label key={scope} class="check">
            <input type="checkbox" checked={scopes.includes(scope)} onChange={() => toggle(scope)} />
            {t.apiKeys.scopes[scope]}
          </label>
        ))}
      </fieldset>
      <label class="field">
        <span class="label">{t.apiKeys.lifetime}</span>
        <select value={days} onChange={(event) => setDays(Number(event.currentTarget.value))}>
          {LIFETIMES_DAYS.map((lifetime) => (
            <option key={lifetime} value={lifetime}>
              {lifetime === 0 ? t.apiKeys.never : t.apiKeys.days(lifetime)}
            </option>
          ))}
        </select>
      </label>
    </FormDialog>
  )
}
