import { config, loadConfig } from '../platform/config'
import { parsed } from '../platform/json'
import { reportUnreachable } from '../platform/network'
import { labelFor, t } from '../texts'
import { isUnreachable, Problem } from './problem'

// The API of the Cognito user pool. Passwords go to it over TLS and nowhere else.
export interface Tokens {
  AccessToken: string
  ExpiresIn: number
  RefreshToken?: string
}

interface CognitoResponse {
  AuthenticationResult?: Tokens
  ChallengeName?: string
  ChallengeParameters?: Record<string, string>
  Session?: string
  UserConfirmed?: boolean
}

const NOT_AUTHORIZED = 'NotAuthorizedException'
const CHALLENGE = 'challenge'
/** What Cognito answers when a refresh token is of no more use. Other errors pass, such as a limit of requests, which has status 400, too. */
const ENDED = new Set([NOT_AUTHORIZED, CHALLENGE, 'UserNotFoundException', 'UserNotConfirmedException', 'PasswordResetRequiredException'])
export const CHALLENGE_EXPIRED = 'challenge_expired'
const NEW_PASSWORD_REQUIRED = 'NEW_PASSWORD_REQUIRED' // pragma: allowlist secret

/** The account has the temporary password of an invitation: its user chooses one before the sign-in continues. */
export class NewPasswordProblem extends Problem {
  constructor(
    /** The user's actual name, also if they signed in with their email address. */
    readonly user: string,
    /** What continues the sign-in. It lasts a few minutes. */
    readonly session: string,
  ) {
    super(400, NEW_PASSWORD_REQUIRED, t.session.temporaryPassword)
  }
}

async function callCognito(action: string, body: Record<string, unknown>): Promise<CognitoResponse> {
  const { endpoint, clientId } = (await loadConfig()).identity
  const fail = (): never => {
    reportUnreachable()
    throw Problem.unreachable({ isAction: body.AuthFlow !== 'REFRESH_TOKEN_AUTH' })
  }
  const response = await fetch(`${endpoint}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AWSCognitoIdentityProviderService.${action}` },
    body: JSON.stringify(action === 'RevokeToken' || body.ClientId ? body : { ClientId: clientId, ...body }),
  }).catch(fail)
  const text = await response.text().catch(fail) // the connection may end in the middle
  const answer = text ? parsed(text) : {}
  if (response.ok) return (answer as CognitoResponse | null) ?? fail() // somebody else has answered
  const error = answer as { __type?: string; message?: string } | null
  const code = error?.__type?.split('#').pop() ?? 'unknown'
  // Cognito has one code for all reasons not to let a user in; the sentence of this one is in English everywhere.
  if (code === NOT_AUTHORIZED && error?.message?.startsWith('Temporary password has expired'))
    throw new Problem(response.status, code, t.session.temporaryPasswordExpired)
  throw new Problem(response.status, code, labelFor(t.cognito, code) ?? error?.message ?? t.problem.serverError(response.status))
}

function requireTokens(response: CognitoResponse): Tokens {
  if (response.AuthenticationResult) return response.AuthenticationResult
  throw new Problem(400, response.ChallengeName ? CHALLENGE : 'unknown', t.cognito.challenge)
}

export async function signIn(user: string, password: string): Promise<Tokens> {
  const parameters = { USERNAME: user, PASSWORD: password }
  const response = await callCognito('InitiateAuth', { AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: parameters })
  if (response.ChallengeName === NEW_PASSWORD_REQUIRED && response.Session)
    throw new NewPasswordProblem(response.ChallengeParameters?.USER_ID_FOR_SRP ?? user, response.Session)
  return requireTokens(response)
}

/** Continue a sign-in with the user's own password. Throws Problem; `challenge_expired` if it took too long. */
export async function replaceTemporaryPassword({ user, session }: NewPasswordProblem, password: string): Promise<Tokens> {
  const answers = { USERNAME: user, NEW_PASSWORD: password }
  const body = { ChallengeName: NEW_PASSWORD_REQUIRED, Session: session, ChallengeResponses: answers }
  return requireTokens(
    await callCognito('RespondToAuthChallenge', body).catch((error) => {
      const hasExpired = error instanceof Problem && (error.code === NOT_AUTHORIZED || error.code === 'ExpiredCodeException')
      throw hasExpired ? new Problem(error.status, CHALLENGE_EXPIRED, t.session.challengeExpired) : error
    }),
  )
}

/** Return new tokens. Throws Problem: 401 if the session has ended, otherwise a status with which a request is repeated. */
export async function refresh(token: string): Promise<Tokens> {
  try {
    return requireTokens(await callCognito('InitiateAuth', { AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: token } }))
  } catch (error) {
    if (!(error instanceof Problem) || isUnreachable(error)) throw error
    throw new Problem(ENDED.has(error.code) ? 401 : 503, error.code, error.message)
  }
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
