import { effect, signal } from '@preact/signals'
import { call } from '../api/client'
import { Problem } from '../api/problem'
import { isSignedIn } from '../api/session'
import { reconnections } from '../platform/network'
import { loadAccount, loadCollections } from './account'
import { invalidateLibrary } from './pagedList'

/** The last change of a resource; a position has the id of its media. */
export interface Change {
  kind: 'media' | 'job' | 'annotation' | 'position' | 'collection'
  id: string
  media_id: string | null
  deleted: boolean
}

interface ChangePage {
  items: Change[]
  next_cursor: string
  has_more: boolean
}

const INTERVAL_MS = 20_000
const CLOSE_INTERVAL_MS = 2000
// A page that nobody uses asks for nothing, so that the database can pause.
const UNUSED_AFTER_MS = 300_000

/** The changes of the last answer that had any: made here or on another device. */
export const latestChanges = signal<Change[]>([])
/** True while something is expected to change within seconds, such as a file that is being checked. */
export const isWatchingClosely = signal(false)

let cursor: string | null = null
let timer: ReturnType<typeof setTimeout> | undefined
let isAsking = false
let usedAt = 0

/** Ask what changed as long as the page is visible and in use, and load the lists that are shown again if anything did. */
export function startChangeFeed(): void {
  usedAt = Date.now()
  for (const event of ['pointerdown', 'keydown', 'focus', 'visibilitychange', 'scroll'])
    addEventListener(event, noteUse, { passive: true, capture: true })
  effect(() => {
    cursor = null
    if (isSignedIn.value) void ask()
  })
  effect(() => {
    reconnections.value
    if (isWatchingClosely.value || reconnections.value) void ask()
  })
}

function noteUse(): void {
  const wasUnused = !isInUse()
  if (document.visibilityState === 'visible') usedAt = Date.now()
  if (wasUnused && isInUse()) void ask()
}

const isInUse = () => document.visibilityState === 'visible' && Date.now() - usedAt < UNUSED_AFTER_MS

async function ask(): Promise<void> {
  clearTimeout(timer)
  if (isAsking || !isSignedIn.peek() || !isInUse()) return
  isAsking = true
  try {
    await readChanges()
  } catch (error) {
    if (error instanceof Problem && error.status === 410) {
      cursor = null
      reload()
    }
  } finally {
    isAsking = false
    timer = setTimeout(() => void ask(), isWatchingClosely.peek() ? CLOSE_INTERVAL_MS : INTERVAL_MS)
  }
}

async function readChanges(): Promise<void> {
  const changes: Change[] = []
  for (;;) {
    const startedAt = cursor
    const page: ChangePage = await call('GET', '/v1/changes', { query: { cursor, limit: 100 } })
    if (cursor !== startedAt) return // another user has signed in meanwhile
    cursor = page.next_cursor
    changes.push(...page.items)
    if (!page.has_more) break
  }
  if (!changes.length) return
  latestChanges.value = changes
  if (changes.some(({ kind }) => kind === 'media' || kind === 'collection')) reload()
}

function reload(): void {
  invalidateLibrary()
  loadAccount().catch(() => undefined)
  loadCollections().catch(() => undefined)
}
