import { effect, signal } from '@preact/signals'
import { call } from '../api/client'
import { isSignedIn } from '../api/session'
import type { Account, Collection } from './model'

/** What the whole page shows of an account; loaded again when something changed it. */
export const account = signal<Account | null>(null)
export const collections = signal<Collection[]>([])

export async function loadAccount(): Promise<void> {
  account.value = await call<Account>('GET', '/v1/account')
}

export async function loadCollections(): Promise<void> {
  const found: Collection[] = []
  let cursor: string | null = null
  do {
    const page: { items: Collection[]; next_cursor: string | null } = await call('GET', '/v1/collections', {
      query: { limit: 100, sort: 'name', cursor },
    })
    found.push(...page.items)
    cursor = page.next_cursor
  } while (cursor)
  collections.value = found
}

effect(() => {
  account.value = null
  collections.value = []
  if (isSignedIn.value) {
    // What it fills stays empty when this fails; the library says why, it asks the same server.
    loadAccount().catch(() => undefined)
    loadCollections().catch(() => undefined)
  }
})
