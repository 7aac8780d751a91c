import { effect, type ReadonlySignal } from '@preact/signals'
import { call } from '../api/client'
import { Problem } from '../api/problem'
import { isSignedIn } from '../api/session'
import { toast } from '../parts/toasts'
import { KEPT_CURSOR_KEY, keptMedia } from '../platform/keptMedia'
import { reconnections } from '../platform/network'
import { remove, renew } from './keep'
import { WAITING_KEY } from './queuedWrite'

// The documents that are kept follow those of the server: what changed is asked for from where this device was last, also if that was
// before the page was closed.

interface ChangePage {
  items: { kind: string; id: string; media_id: string | null }[]
  next_cursor: string
  has_more: boolean
}

let isFollowing = false
let renewal: Promise<void> | null = null
let isAskedAgain = false

/** Renew what is kept now, and whenever something changes, which `changes` tells, or the server can be reached again. */
export function followChanges(changes: ReadonlySignal<unknown>): void {
  if (isFollowing) return
  isFollowing = true
  effect(() => {
    reconnections.value
    changes.value
    if (isSignedIn.value && Object.keys(keptMedia.peek()).length) void renewKept()
  })
}

/** Renew the kept documents that have changed since this was last done. */
export function renewKept(): Promise<void> {
  isAskedAgain = renewal !== null
  renewal ??= renewChanged()
    .catch(() => undefined) // the next change, or the next start, tries again
    .finally(() => {
      renewal = null
      if (isAskedAgain) void renewKept()
    })
  return renewal
}

async function renewChanged(): Promise<void> {
  // Its own changes first: what the server answers would hide them.
  if (localStorage.getItem(WAITING_KEY)) await (await import('./outbox')).send()
  if (localStorage.getItem(WAITING_KEY)) return
  const { ids, cursor } = await changedSince(localStorage.getItem(KEPT_CURSOR_KEY))
  for (const id of ids ?? Object.keys(keptMedia.peek())) if (id in keptMedia.peek()) await renewOne(id)
  if (isSignedIn.peek()) localStorage.setItem(KEPT_CURSOR_KEY, cursor)
}

/** Return the media that have changed since a cursor; null for all, if nobody knows. */
async function changedSince(start: string | null): Promise<{ ids: Set<string> | null; cursor: string }> {
  const ids = new Set<string>()
  let cursor = start
  for (;;) {
    try {
      const page: ChangePage = await call('GET', '/v1/changes', { query: { cursor, limit: 100 } })
      cursor = page.next_cursor
      // A place is sent while one reads or listens: it makes no other document.
      for (const { kind, id, media_id } of page.items) if (kind !== 'position') ids.add(media_id ?? id)
      if (!page.has_more) return { ids: start === null ? null : ids, cursor }
    } catch (error) {
      if (!(error instanceof Problem && error.status === 410) || start === null) throw error
      return changedSince(null)
    }
  }
}

async function renewOne(id: string): Promise<void> {
  try {
    await renew(id)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.code === 'no_space') toast(error.message, { isError: true })
    else if (error.status === 404)
      await remove(id) // deleted on another device
    else throw error
  }
}
