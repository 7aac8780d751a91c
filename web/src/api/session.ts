import { computed, effect, signal } from '@preact/signals'
import { loadConfig } from '../platform/config'
import { clearDevice, ignoreEarlierRequests } from '../platform/deviceStore'
import { persistedSignal } from '../platform/preferences'
import { t } from '../texts'
import * as cognito from './cognito'
import { Problem } from './problem'

// The refresh token stays in this browser until it is revoked, so that the user stays signed in. Only a third-party script could steal
// it, and the content security policy blocks those. The access token is in memory only.
const storedSession = persistedSignal<{ user: string; refreshToken: string }>('session', { user: '', refreshToken: '' }, { isShared: true })
/** The user whose data may be on this device. */
const DEVICE_OWNER = 'visionary.deviceOwner'
const RENEW_BEFORE_EXPIRY_S = 60
const REVOCATION_TIMEOUT_MS = 5000

let access = { token: '', validUntil: 0, refreshToken: storedSession.peek().refreshToken }
let renewal: Promise<void> | null = null

export const user = computed(() => storedSession.value.user)
export const isSignedIn = computed(() => storedSession.value.refreshToken !== '')
/** The reason to sign in again; empty after signing out. */
export const sessionEndedReason = signal('')

export async function signIn(name: string, password: string): Promise<void> {
  await begin(name, await cognito.signIn(name, password))
}

/** Sign in with the user's own password in place of the temporary one of their invitation. */
export async function replaceTemporaryPassword(name: string, required: cognito.NewPasswordProblem, password: string): Promise<void> {
  await begin(name, await cognito.replaceTemporaryPassword(required, password))
}

async function begin(name: string, tokens: cognito.Tokens): Promise<void> {
  if (localStorage.getItem(DEVICE_OWNER) !== name) await clearDevice()
  localStorage.setItem(DEVICE_OWNER, name)
  const refreshToken = tokens.RefreshToken ?? ''
  storeAccessToken(tokens, refreshToken)
  sessionEndedReason.value = ''
  storedSession.value = { user: name, refreshToken }
}

// Another tab signed out, or in: what the session before was given is of no use here.
effect(() => {
  const { refreshToken } = storedSession.value
  if (refreshToken === access.refreshToken) return
  access = { token: '', validUntil: 0, refreshToken }
  ignoreEarlierRequests()
})

/** Return a valid access token, renewed if necessary or if `forceRefresh` is set. Throws Problem. */
export async function accessToken(forceRefresh = false): Promise<string> {
  if (forceRefresh || access.validUntil < Date.now()) {
    renewal ??= renewAccessToken().finally(() => {
      renewal = null
    })
    await renewal
  }
  return access.token
}

async function renewAccessToken(): Promise<void> {
  if (!isSignedIn.peek()) throw new Problem(401, 'signed_out', t.session.ended) // for example, a position saved after signing out
  const { refreshToken } = storedSession.peek()
  try {
    const tokens = await cognito.refresh(refreshToken)
    if (refreshToken === storedSession.peek().refreshToken) storeAccessToken(tokens, refreshToken)
  } catch (error) {
    if (error instanceof Problem && error.status === 401 && refreshToken === storedSession.peek().refreshToken) endSession()
    throw error
  }
}

function storeAccessToken(tokens: { AccessToken: string; ExpiresIn: number }, refreshToken: string): void {
  access = { token: tokens.AccessToken, validUntil: Date.now() + (tokens.ExpiresIn - RENEW_BEFORE_EXPIRY_S) * 1000, refreshToken }
}

/** End a session that the server no longer accepts. */
export function endSession(): void {
  if (!isSignedIn.peek()) return
  sessionEndedReason.value = t.session.ended
  clearSession()
}

/** Forget the session at once, and end what it issued as far as the server can be reached: all of it expires anyway. */
export async function signOut(): Promise<void> {
  const { refreshToken } = storedSession.peek()
  const { token, validUntil } = access
  clearSession()
  const cleared = clearDevice()
  await revokeCapabilities(async () => (validUntil > Date.now() ? token : (await cognito.refresh(refreshToken)).AccessToken)).catch(
    () => undefined,
  )
  await cognito.revoke(refreshToken).catch(() => undefined)
  await cleared
}

/** Revoke the links that players and uploads of this user were given. They need no session, so that they would go on working. */
async function revokeCapabilities(accessToken: () => Promise<string>): Promise<void> {
  await fetch(`${(await loadConfig()).api}/v1/account/capabilities`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${await accessToken()}` },
    signal: AbortSignal.timeout(REVOCATION_TIMEOUT_MS),
    keepalive: true, // the page may be closed
  })
}

function clearSession(): void {
  access = { token: '', validUntil: 0, refreshToken: '' }
  storedSession.value = { user: '', refreshToken: '' }
}
