import { config, whenConfigured } from '../platform/config'
import { t, textOf } from '../texts/index'
import { Problem } from './problem'

/** The user pool's own interface. Passwords go to it over TLS and nowhere else. */
interface Tokens {
  AccessToken: string
  ExpiresIn: number
  RefreshToken?: string
}

interface Answer {
  AuthenticationResult?: Tokens
  ChallengeName?: string
  Session?: string
  UserConfirmed?: boolean
}

async function ask(action: string, body: Record<string, unknown>): Promise<Answer> {
  const { endpoint, clientId } = (await whenConfigured()).identity
  const answer = await fetch(`${endpoint}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AWSCognitoIdentityProviderService.${action}` },
    body: JSON.stringify(action === 'RevokeToken' || body.ClientId ? body : { ClientId: clientId, ...body }),
  }).catch(() => {
    throw Problem.unreachable()
  })
  if (answer.ok) return (await answer.json().catch(() => ({}))) as Answer
  const refusal = (await answer.json().catch(() => null)) as { __type?: string; message?: string } | null
  const code = refusal?.__type?.split('#').pop() ?? 'unknown'
  throw new Problem(answer.status, code, textOf(t.pool, code) ?? refusal?.message ?? t.problem.answered(answer.status))
}

function tokens(answer: Answer): Tokens {
  if (answer.AuthenticationResult) return answer.AuthenticationResult
  throw new Problem(400, answer.ChallengeName ?? 'unknown', t.pool.challenge)
}

export async function signIn(user: string, password: string): Promise<Tokens> {
  const parameters = { USERNAME: user, PASSWORD: password }
  return tokens(await ask('InitiateAuth', { AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: parameters }))
}

export async function refresh(token: string): Promise<Tokens> {
  return tokens(await ask('InitiateAuth', { AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: token } }))
}

export async function signUp(user: string, email: string, password: string): Promise<void> {
  await ask('SignUp', { Username: user, Password: password, UserAttributes: [{ Name: 'email', Value: email }] })
}

export async function confirm(user: string, code: string): Promise<void> {
  await ask('ConfirmSignUp', { Username: user, ConfirmationCode: code })
}

export async function sendCodeAgain(user: string): Promise<void> {
  await ask('ResendConfirmationCode', { Username: user })
}

export async function forgotPassword(user: string): Promise<void> {
  await ask('ForgotPassword', { Username: user })
}

export async function setPassword(user: string, code: string, password: string): Promise<void> {
  await ask('ConfirmForgotPassword', { Username: user, ConfirmationCode: code, Password: password })
}

/** The refresh token, and every access token that came of it, work no more. */
export async function revoke(token: string): Promise<void> {
  await ask('RevokeToken', { Token: token, ClientId: config().identity.clientId })
}
