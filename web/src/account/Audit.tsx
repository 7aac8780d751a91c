import { useEffect, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { sentence } from '../api/problem'
import { tell } from '../parts/toasts'
import { t, textOf } from '../texts'
import { moment } from '../texts/format'

interface Event {
  number: number
  at: string
  actor: string
  action: string
  subject_id: string | null
  address: string | null
}

/** Who did what, when and from where. */
export function Audit() {
  const [events, setEvents] = useState<Event[] | null>(null)
  const [cursor, setCursor] = useState<string | null>(null)
  const load = async (after: string | null) => {
    const page = await call<Page<Event>>('GET', '/v1/account/audit', { query: { limit: 10, cursor: after } })
    setEvents((old) => (after ? [...(old ?? []), ...page.items] : page.items))
    setCursor(page.next_cursor)
  }
  const shown = (work: () => Promise<unknown>) => work().catch((error) => tell(sentence(error), { isError: true }))
  useEffect(() => void shown(() => load(null)), [])
  const check = async () => {
    const found = await call<{ intact: boolean; first: number; last: number; fault: { number: number } | null }>(
      'GET',
      '/v1/account/audit/check',
    )
    if (found.intact) tell(t.account.auditIntact(found.last - found.first + 1))
    else tell(t.account.auditBroken(found.fault?.number ?? found.first), { isError: true })
  }
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a region that scrolls by itself must take the focus */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: as above */}
      <div class="table" role="region" aria-label={t.account.audit} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t.account.when}</th>
              <th scope="col">{t.account.what}</th>
              <th scope="col">{t.account.who}</th>
              <th scope="col">{t.account.from}</th>
            </tr>
          </thead>
          <tbody>
            {events?.map((event) => (
              <tr key={event.number}>
                <td>{moment(event.at)}</td>
                <td>{textOf(t.account.actions, event.action) ?? event.action}</td>
                <td>{textOf(t.account.actors, event.actor) ?? event.actor}</td>
                <td>{event.address ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {events?.length === 0 && <p class="dim">{t.account.auditEmpty}</p>}
      </div>
      <p class="part-actions">
        {cursor && (
          <button type="button" class="plain" onClick={() => void shown(() => load(cursor))}>
            {t.account.more}
          </button>
        )}
        <button type="button" class="plain" onClick={() => void shown(check)}>
          {t.account.auditCheck}
        </button>
      </p>
    </>
  )
}
