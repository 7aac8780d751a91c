import { effect, signal } from '@preact/signals'
import { call, type Page } from '../api/client'
import { isSignedIn } from '../api/session'
import { reconnections } from '../platform/network'
import { beganWithShare } from '../platform/route'
import type { Account, Collection } from './model'

/** The user's account and collections, shared by all screens; reloaded after changes. */
export const account = signal<Account | null>(null)
export const collections = signal<Collection[]>([])
/** False until the collections are loaded: there may be some. */
export const areCollectionsLoaded = signal(false)

export async function loadAccount(): Promise<void> {
  account.value = await call<Account>('GET', '/v1/account')
}

export async function loadCollections(): Promise<void> {
  const loaded: Collection[] = []
  let cursor: string | null = null
  do {
    const page: Page<Collection> = await call('GET', '/v1/collections', { query: { limit: 100, sort: 'name', cursor } })
    loaded.push(...page.items)
    cursor = page.next_cursor
  } while (cursor)
  collections.value = loaded
  areCollectionsLoaded.value = true
}

effect(() => {
  isSignedIn.value // another user may have signed in
  account.value = null
  collections.value = []
  areCollectionsLoaded.value = false
})
effect(() => {
  reconnections.value // what could not be loaded is loaded again
  if (!isSignedIn.value || beganWithShare) return
  // Errors are ignored here: the library calls the same API and shows them.
  loadAccount().catch(() => undefined)
  loadCollections().catch(() => undefined)
})
