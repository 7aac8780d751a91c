import { config, loadConfig } from '../platform/config'
import { reportUnreachable } from '../platform/network'
import { labelFor, t } from '../texts'
import { Problem } from './problem'

// The API of the Cognito user pool. Passwords go to it over TLS and nowhere else.
interface Tokens {
  AccessToken: string
  ExpiresIn: number
  RefreshToken?: string
}

interface CognitoResponse {
  AuthenticationResult?: Tokens
  ChallengeName?: string
  Session?: string
  UserConfirmed?: boolean
}

async function callCognito(action: string, body: Record<string, unknown>): Promise<CognitoResponse> {
  const { endpoint, clientId } = (await loadConfig()).identity
  const response = await fetch(`${endpoint}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AWSCognitoIdentityProviderService.${action}` },
    body: JSON.stringify(action === 'RevokeToken' || body.ClientId ? body : { ClientId: clientId, ...body }),
  }).catch(() => {
    reportUnreachable()
    throw Problem.unreachable()
  })
  if (response.ok) return (await response.json().catch(() => ({}))) as CognitoResponse
  const error = (await response.json().catch(() => null)) as { __type?: string; message?: string } | null
  const code = error?.__type?.split('#').pop() ?? 'unknown'
  throw new Problem(response.status, code, labelFor(t.cognito, code) ?? error?.message ?? t.problem.serverError(response.status))
}

function requireTokens(response: CognitoResponse): Tokens {
  if (response.AuthenticationResult) return response.AuthenticationResult
  throw new Problem(400, response.ChallengeName ?? 'unknown', t.cognito.challenge)
}

export async function signIn(user: string, password: string): Promise<Tokens> {
  const parameters = { USERNAME: user, PASSWORD: password }
  return requireTokens(await callCognito('InitiateAuth', { AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: parameters }))
}

export async function refresh(token: string): Promise<Tokens> {
  return requireTokens(await callCognito('InitiateAuth', { AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: token } }))
}

export async function signUp(user: string, email: string, password: string): Promise<void> {
  await callCognito('SignUp', { Username: user, Password: password, UserAttributes: [{ Name: 'email', Value: email }] })
}

export async function confirm(user: string, code: string): Promise<void> {
  await callCognito('ConfirmSignUp', { Username: user, ConfirmationCode: code })
}

export async function resendCode(user: string): Promise<void> {
  await callCognito('ResendConfirmationCode', { Username: user })
}

export async function forgotPassword(user: string): Promise<void> {
  await callCognito('ForgotPassword', { Username: user })
}

export async function setPassword(user: string, code: string, password: string): Promise<void> {
  await callCognito('ConfirmForgotPassword', { Username: user, ConfirmationCode: code, Password: password })
}

/** Revoke a refresh token and every access token issued from it. */
export async function revoke(token: string): Promise<void> {
  await callCognito('RevokeToken', { Token: token, ClientId: config().identity.clientId })
}
