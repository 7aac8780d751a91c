import { computed, signal } from '@preact/signals'
import { remembered } from '../platform/preferences'
import { t } from '../texts/index'
import * as pool from './cognito'
import { Problem } from './problem'

// The refresh token stays in this browser until it is revoked, so that a book goes on tomorrow without a password. What could steal it
// is script from elsewhere, which the page's policy does not run. The access token lives in memory.
const kept = remembered<{ user: string; refreshToken: string }>('session', { user: '', refreshToken: '' })
const EARLY_S = 60

let access = { token: '', until: 0 }
let refreshing: Promise<void> | null = null

export const user = computed(() => kept.value.user)
export const isSignedIn = computed(() => kept.value.refreshToken !== '')
/** Why one has to sign in again; empty when one left by oneself. */
export const ended = signal('')

export async function signIn(name: string, password: string): Promise<void> {
  const given = await pool.signIn(name, password)
  take(given)
  ended.value = ''
  kept.value = { user: name, refreshToken: given.RefreshToken ?? '' }
}

/** A token that is valid for a while yet; `fresh` asks for a new one in any case. Throws Problem. */
export async function accessToken(fresh = false): Promise<string> {
  if (fresh || access.until < Date.now()) {
    refreshing ??= renew().finally(() => {
      refreshing = null
    })
    await refreshing
  }
  return access.token
}

async function renew(): Promise<void> {
  if (!isSignedIn.peek()) throw new Problem(401, 'signed_out', t.session.ended) // a place that is kept too late, say
  try {
    take(await pool.refresh(kept.peek().refreshToken))
  } catch (error) {
    if (error instanceof Problem && error.status >= 400 && error.status < 500) signedOut()
    throw error
  }
}

function take(given: { AccessToken: string; ExpiresIn: number }): void {
  access = { token: given.AccessToken, until: Date.now() + (given.ExpiresIn - EARLY_S) * 1000 }
}

/** The session was ended elsewhere. */
export function signedOut(): void {
  if (!isSignedIn.peek()) return
  ended.value = t.session.ended
  forget()
}

export async function signOut(): Promise<void> {
  const { refreshToken } = kept.peek()
  forget()
  await pool.revoke(refreshToken).catch(() => undefined) // it expires by itself
}

function forget(): void {
  access = { token: '', until: 0 }
  kept.value = { user: '', refreshToken: '' }
}
