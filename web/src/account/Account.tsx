import '../styles/account.css'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { call } from '../api/client'
import { Problem } from '../api/problem'
import { signOut, user } from '../api/session'
import { ApiKeys } from '../apiKeys/ApiKeys'
import { Lexicon } from '../lexicon/Lexicon'
import { account, loadAccount } from '../library/account'
import { StorageMeter } from '../library/StorageMeter'
import { OnThisDevice } from '../offline/OnThisDevice'
import { Field } from '../parts/Field'
import { FormDialog } from '../parts/FormDialog'
import { Icon } from '../parts/Icon'
import { RadioGroup } from '../parts/RadioGroup'
import { useTitle } from '../parts/title'
import { reportErrors } from '../parts/toasts'
import { reconnections } from '../platform/network'
import { language, type Theme, theme } from '../platform/preferences'
import { navigate } from '../platform/route'
import { AllShares } from '../sharing/ShareList'
import { formatNumber, LANGUAGES, t } from '../texts'
import { formatBytes } from '../texts/format'
import { Webhooks } from '../webhooks/Webhooks'
import { Audit } from './Audit'
import { Exports } from './Exports'
import { FactList } from './FactList'
import { ListeningSettings } from './ListeningSettings'
import { Podcasts } from './Podcasts'
import { Readers } from './Readers'
import { SignOutButton } from './SignOutButton'

/** The account screen: usage, appearance, listening, podcast links, API keys, e-readers, webhooks, activity, export and erasure. */
export function Account() {
  useTitle(t.account.title)
  useEffect(() => {
    void reportErrors(loadAccount)
  }, [reconnections.value])
  return (
    <div class="account">
      <div class="page-header">
        <div>
          <h1>{t.account.title}</h1>
          <p class="dim">{user.value}</p>
        </div>
        <SignOutButton />
      </div>
      <Usage />
      <Section title={t.account.appearance}>
        <RadioGroup
          label={t.shell.theme}
          options={t.shell.themes}
          value={theme.value}
          onValue={(value) => {
            theme.value = value as Theme
          }}
        />
        <label class="field narrow">
          <span class="label">{t.account.language}</span>
          <select
            value={language.value || document.documentElement.lang}
            onChange={(event) => {
              language.value = event.currentTarget.value
              location.reload()
            }}
          >
            {Object.entries(LANGUAGES).map(([tag, { name }]) => (
              <option key={tag} value={tag} lang={tag}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </Section>
      <Section title={t.account.listening} hint={t.account.listeningHint}>
        <ListeningSettings />
      </Section>
      <Section title={t.lexicon.title} hint={t.lexicon.hint}>
        <Lexicon />
      </Section>
      <Section title={t.device.onThisDevice} hint={t.device.onThisDeviceHint}>
        <OnThisDevice />
      </Section>
      <Section title={t.account.podcast} hint={t.account.podcastHint}>
        <Podcasts />
      </Section>
      <Section title={t.sharing.links} hint={t.sharing.linksHint}>
        <AllShares />
      </Section>
      <Section title={t.apiKeys.title} hint={t.apiKeys.hint}>
        <ApiKeys />
      </Section>
      <Section title={t.account.readers} hint={t.account.readersHint}>
        <Readers />
      </Section>
      <Section title={t.webhooks.title} hint={t.webhooks.hint}>
        <Webhooks />
      </Section>
      <Section title={t.account.audit} hint={t.account.auditHint}>
        <Audit />
      </Section>
      <Section title={t.account.export} hint={t.account.exportHint}>
        <Exports />
      </Section>
      <Section title={t.account.erase} hint={t.account.eraseHint}>
        <EraseAccount />
      </Section>
    </div>
  )
}

function Section({ title, hint, children }: { title: string; hint?: string; children: ComponentChildren }) {
  return (
    <section class="account-section">
      <h2>{title}</h2>
      {hint && <p class="dim">{hint}</p>}
      {children}
    </section>
  )
}

function Usage() {
  const current = account.value
  // What is loaded has its place from the start: nothing below moves.
  const value = (format: (loaded: NonNullable<typeof account.value>) => string) => (current ? format(current) : '…')
  const facts: [string, string][] = [
    [t.account.stored, value(({ usage, limits }) => t.account.itemsOf(formatNumber(usage.stored_items), formatNumber(limits.quota_items)))],
    [t.shell.collections, value(({ usage }) => formatNumber(usage.collections))],
    [t.account.recordings, value(({ usage }) => formatNumber(usage.speech_jobs))],
    [t.account.charactersSpoken, value(({ usage }) => formatNumber(usage.spoken_characters))],
  ]
  const limitFacts: [string, string][] = [
    [t.account.perFile, value(({ limits }) => formatBytes(limits.file_bytes))],
    [t.account.perRecording, value(({ limits }) => formatNumber(limits.speech_characters_per_job))],
    [t.account.recordingsPerMinute, value(({ limits }) => formatNumber(limits.speech_requests_per_minute))],
    [t.account.trashDays, value(({ limits }) => formatNumber(limits.trash_days))],
  ]
  return (
    <Section title={t.account.usage}>
      <div class="storage-place">
        <StorageMeter />
      </div>
      <div class="columns">
        <FactList facts={facts} />
        <div>
          <h3>{t.account.limits}</h3>
          <FactList facts={limitFacts} />
        </div>
      </div>
    </Section>
  )
}

/** Erases the account, after the user has typed the user name. */
function EraseAccount() {
  const [isConfirming, setConfirming] = useState(false)
  const [typedName, setTypedName] = useState('')
  const erase = async () => {
    const current = account.peek()
    if (typedName.trim() !== user.peek() || !current) throw new Problem(0, 'not_confirmed', t.account.eraseMismatch)
    const { path } = await call<{ path: string }>('DELETE', '/v1/account', { query: { confirm: current.id } })
    navigate(path.replace(/^\/v1/, ''))
    await signOut()
  }
  return (
    <>
      <button type="button" class="plain danger-text" onClick={() => setConfirming(true)}>
        <Icon name="trash" /> {t.account.eraseButton}
      </button>
      {isConfirming && (
        <FormDialog
          title={t.account.eraseTitle}
          action={t.account.eraseButton}
          isDanger
          onClose={() => setConfirming(false)}
          onSubmit={erase}
        >
          <p>{t.account.eraseText}</p>
          <Field label={t.account.eraseConfirm} value={typedName} onValue={setTypedName} autocapitalize="none" required />
        </FormDialog>
      )}
    </>
  )
}
