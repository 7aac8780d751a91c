import '../styles/account.css'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { Problem, sentence } from '../api/problem'
import { signOut, user } from '../api/session'
import { account, loadAccount } from '../library/account'
import { save } from '../library/actions'
import { StorageMeter } from '../library/StorageMeter'
import { Field } from '../parts/Field'
import { Ask } from '../parts/FormDialog'
import { Icon } from '../parts/Icon'
import { Options } from '../parts/RadioGroup'
import { useTitle } from '../parts/title'
import { tell } from '../parts/toasts'
import { language, type Theme, theme } from '../platform/preferences'
import { go } from '../platform/route'
import { count, LANGUAGES, t } from '../texts'
import { bytes, moment } from '../texts/format'
import { Audit } from './Audit'
import { Podcasts } from './Podcasts'

/** Everything about the account itself. */
export function Account() {
  useTitle(t.account.title)
  useEffect(() => {
    loadAccount().catch((error) => tell(sentence(error), { isError: true }))
  }, [])
  return (
    <div class="account">
      <div class="headline">
        <div>
          <h1>{t.account.title}</h1>
          <p class="dim">{user.value}</p>
        </div>
        <button type="button" class="plain" onClick={() => void signOut()}>
          {t.session.signOut}
        </button>
      </div>
      <Usage />
      <Part title={t.account.appearance}>
        <Options
          label={t.shell.theme}
          names={t.shell.themes}
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
      </Part>
      <Part title={t.account.podcast} hint={t.account.podcastHint}>
        <Podcasts />
      </Part>
      <Part title={t.account.audit} hint={t.account.auditHint}>
        <Audit />
      </Part>
      <Part title={t.account.export} hint={t.account.exportHint}>
        <Exports />
      </Part>
      <Part title={t.account.erase} hint={t.account.eraseHint}>
        <Erase />
      </Part>
    </div>
  )
}

function Part({ title, hint, children }: { title: string; hint?: string; children: ComponentChildren }) {
  return (
    <section class="part">
      <h2>{title}</h2>
      {hint && <p class="dim">{hint}</p>}
      {children}
    </section>
  )
}

function Usage() {
  const known = account.value
  if (!known) return <output class="spinner" aria-label={t.loading} />
  const { usage, limits } = known
  const facts: [string, string][] = [
    [t.account.stored, t.account.itemsOf(count(usage.stored_items), count(limits.quota_items))],
    [t.shell.collections, count(usage.collections)],
    [t.account.readings, count(usage.speech_jobs)],
    [t.account.spoken, count(usage.spoken_characters)],
  ]
  const most: [string, string][] = [
    [t.account.perFile, bytes(limits.file_bytes)],
    [t.account.perReading, count(limits.speech_characters_per_job)],
    [t.account.speechPerMinute, count(limits.speech_requests_per_minute)],
    [t.account.trashDays, count(limits.trash_days)],
  ]
  return (
    <Part title={t.account.usage}>
      <StorageMeter />
      <div class="columns">
        <Facts facts={facts} />
        <div>
          <h3>{t.account.limits}</h3>
          <Facts facts={most} />
        </div>
      </div>
    </Part>
  )
}

export function Facts({ facts }: { facts: [string, string][] }) {
  return (
    <dl class="figures">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

interface Export {
  id: string
  status: 'queued' | 'running' | 'done' | 'failed'
  files: number
  size_bytes: number
  error: string | null
  created_at: string
  expires_at: string | null
}

const LOOK_EVERY_MS = 1500

function Exports() {
  const [exports, setExports] = useState<Export[]>([])
  const load = async () => setExports((await call<Page<Export>>('GET', '/v1/account/export', { query: { limit: 10 } })).items)
  const shown = (work: () => Promise<unknown>) => work().catch((error) => tell(sentence(error), { isError: true }))
  useEffect(() => void shown(load), [])
  const isBusy = exports.some((one) => one.status === 'queued' || one.status === 'running')
  useEffect(() => {
    if (!isBusy) return
    const timer = setInterval(() => void load().catch(() => undefined), LOOK_EVERY_MS)
    return () => clearInterval(timer)
  }, [isBusy])
  const start = async () => {
    await call<Export>('POST', '/v1/account/export', { idempotencyKey: crypto.randomUUID() })
    await load()
  }
  const fetchOne = async (id: string) => {
    const { url } = await call<{ url: string | null }>('GET', `/v1/account/export/${id}`)
    if (url) save(url)
  }
  return (
    <>
      <button type="button" class="plain" disabled={isBusy} onClick={() => void shown(start)}>
        <Icon name="download" /> {t.account.exportStart}
      </button>
      <ul class="rows" aria-live="polite">
        {exports.map((one) => (
          <li key={one.id}>
            <span>
              <strong>{t.account.exportStates[one.status]}</strong> · {moment(one.created_at)}
              <br />
              <span class="dim">
                {one.error ?? `${t.account.exportFiles(one.files)} · ${bytes(one.size_bytes)}`}
                {one.expires_at && ` · ${t.account.exportUntil(moment(one.expires_at))}`}
              </span>
            </span>
            {one.status === 'done' && (
              <button type="button" class="plain" onClick={() => void shown(() => fetchOne(one.id))}>
                {t.account.download}
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  )
}

function Erase() {
  const [isAsking, setAsking] = useState(false)
  const [typed, setTyped] = useState('')
  const erase = async () => {
    const known = account.peek()
    if (typed.trim() !== user.peek() || !known) throw new Problem(0, 'not_confirmed', t.account.eraseText)
    const { path } = await call<{ path: string }>('DELETE', '/v1/account', { query: { confirm: known.id } })
    go(path.replace(/^\/v1/, ''))
    await signOut()
  }
  return (
    <>
      <button type="button" class="plain dangerous" onClick={() => setAsking(true)}>
        <Icon name="trash" /> {t.account.eraseButton}
      </button>
      {isAsking && (
        <Ask title={t.account.eraseTitle} action={t.account.eraseButton} isDanger onClose={() => setAsking(false)} onSubmit={erase}>
          <p>{t.account.eraseText}</p>
          <Field label={t.account.eraseConfirm} value={typed} onValue={setTyped} autocapitalize="none" required />
        </Ask>
      )}
    </>
  )
}
