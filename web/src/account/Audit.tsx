import { useEffect, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { Name } from '../parts/Name'
import { reportErrors, toast } from '../parts/toasts'
import { reconnections } from '../platform/network'
import { labelFor, t } from '../texts'
import { formatDateTime } from '../texts/format'

interface AuditEvent {
  number: number
  at: string
  actor: string
  action: string
  subject_name: string | null
  actor_name: string | null
  address: string | null
}

/** The result for a part of the audit log; `next` continues with the rest. */
interface AuditCheck {
  intact: boolean
  first: number
  last: number
  fault: { number: number } | null
  next: string | null
}

/** Names that actions had in events of earlier versions. */
const RENAMED_ACTIONS: Record<string, string> = { 'capability.given': 'token.issued', 'upload.given_up': 'upload.aborted' }

function actionLabel(action: string): string {
  return labelFor(t.account.actions, RENAMED_ACTIONS[action] ?? action) ?? action
}

/** The audit log of the account, newest event first. */
export function Audit() {
  const [events, setEvents] = useState<AuditEvent[] | null>(null)
  const [cursor, setCursor] = useState<string | null>(null)
  const load = async (nextCursor: string | null) => {
    const page = await call<Page<AuditEvent>>('GET', '/v1/account/audit', { query: { limit: 10, cursor: nextCursor } })
    setEvents((current) => (nextCursor ? [...(current ?? []), ...page.items] : page.items))
    setCursor(page.next_cursor)
  }
  useEffect(() => void reportErrors(() => load(null)), [reconnections.value])
  const verify = async () => {
    let count = 0
    let after: string | null = null
    do {
      const part: AuditCheck = await call<AuditCheck>('GET', '/v1/account/audit/check', { query: { after } })
      if (!part.intact) return toast(t.account.auditBroken(part.fault?.number ?? part.first), { isError: true })
      count += part.last - part.first + 1
      after = part.next
    } while (after)
    toast(t.account.auditIntact(count))
  }
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a scrollable region must be focusable */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: as above */}
      <div class="table" role="region" aria-label={t.account.audit} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t.account.columnTime}</th>
              <th scope="col">{t.account.columnAction}</th>
              <th scope="col">{t.account.columnSubject}</th>
              <th scope="col">{t.account.columnActor}</th>
              <th scope="col">{t.account.columnAddress}</th>
            </tr>
          </thead>
          <tbody>
            {events?.map((event) => (
              <tr key={event.number}>
                <td>{formatDateTime(event.at)}</td>
                <td>{actionLabel(event.action)}</td>
                <td class="audit-subject">{event.subject_name ? <Name>{event.subject_name}</Name> : '–'}</td>
                <td>{event.actor_name ? <Name>{event.actor_name}</Name> : (labelFor(t.account.actors, event.actor) ?? event.actor)}</td>
                <td>{event.address ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {events?.length === 0 && <p class="dim">{t.account.auditEmpty}</p>}
      </div>
      <p class="section-actions">
        {cursor && (
          <button type="button" class="plain" onClick={() => void reportErrors(() => load(cursor))}>
            {t.showMore}
          </button>
        )}
        <button type="button" class="plain" onClick={() => void reportErrors(verify)}>
          {t.account.auditCheck}
        </button>
      </p>
    </>
  )
}
