// Signing out ends what the session issued, and needs no server for that.
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { load } from './loading.mjs'

const CONFIG = { api: 'api', identity: { endpoint: 'cognito', clientId: 'page' } }
let requests = []
let responses = {}
const listeners = new Map()

Object.assign(globalThis, {
  document: { documentElement: { dataset: {}, lang: '' } },
  localStorage: { getItem: () => null, setItem: () => undefined, removeItem: () => undefined },
  addEventListener: (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener]),
  fetch: async (url, { method, headers, body } = {}) => {
    if (url === 'config.json') return Response.json(CONFIG)
    if (url === 'api/health/live') return Response.json({})
    const action = headers['x-amz-target']?.split('.')[1] ?? `${method} ${url}`
    requests.push({ action, authorization: headers.authorization, body: body && JSON.parse(body) })
    return (responses[action] ?? (() => Response.json({})))()
  },
})

const REVOCATION = 'DELETE api/v1/account/capabilities'
const { accessToken, isSignedIn, replaceTemporaryPassword, signIn, signOut } = await load('api/session.ts')
const { CHALLENGE_EXPIRED, NewPasswordProblem } = await load('api/cognito.ts')
const { t } = await load('texts/index.ts')
const issue = (expiresInS) => () =>
  Response.json({ AuthenticationResult: { AccessToken: 'an-access-token', ExpiresIn: expiresInS, RefreshToken: 'a-refresh-token' } })

async function signInThenOut(expiresInS, others = {}) {
  responses = { InitiateAuth: issue(expiresInS), ...others }
  await signIn('dora', 'a password')
  requests = []
  const signingOut = signOut()
  assert.equal(isSignedIn.value, false) // whatever the server does
  await signingOut
  return requests.map(({ action }) => action)
}

beforeEach(() => {
  requests = []
})

test('signing out revokes the link tokens, then the refresh token', async () => {
  assert.deepEqual(await signInThenOut(3600), [REVOCATION, 'RevokeToken'])
  assert.equal(requests[0].authorization, 'Bearer an-access-token')
  assert.equal(requests[1].body.Token, 'a-refresh-token')
})

test('an expired access token is renewed for it', async () => {
  assert.deepEqual(await signInThenOut(0), ['InitiateAuth', REVOCATION, 'RevokeToken'])
})

test('signing out succeeds without the API, and offline', async () => {
  const fail = () => Promise.reject(new TypeError('offline'))
  assert.deepEqual(await signInThenOut(3600, { [REVOCATION]: () => new Response('', { status: 503 }) }), [REVOCATION, 'RevokeToken'])
  assert.deepEqual(await signInThenOut(3600, { [REVOCATION]: fail, RevokeToken: fail }), [REVOCATION, 'RevokeToken'])
})

test('signing out in another tab ends the session in this one', async () => {
  responses = { InitiateAuth: issue(3600) }
  await signIn('dora', 'a password')
  assert.equal(isSignedIn.value, true)
  for (const listener of listeners.get('storage')) listener({ key: 'visionary.session' }) // localStorage no longer has it
  assert.equal(isSignedIn.value, false)
})

const cut = () => new Response(new ReadableStream({ start: (controller) => controller.error(new TypeError('network error')) }))
const refuseRefresh =
  (code, status = 400) =>
  () =>
    Response.json({ __type: code, message: 'refused' }, { status })
const PASSING = {
  'no answer': [() => Promise.reject(new TypeError('offline')), 0],
  'an answer that is cut off': [cut, 0],
  'an empty answer': [() => new Response(''), 503],
  'a page of the network to sign in to': [() => new Response('<html>Welcome to our hotel</html>'), 0],
  'a page of a proxy': [() => new Response('<html>Forbidden</html>', { status: 403 }), 503],
  'a limit of requests': [refuseRefresh('TooManyRequestsException'), 503],
  'an error of the service': [refuseRefresh('InternalErrorException', 500), 503],
}
for (const [name, [respond, status]] of Object.entries(PASSING))
  test(`a session outlives ${name}`, async () => {
    responses = { InitiateAuth: issue(3600) }
    await signIn('dora', 'a password')
    responses = { InitiateAuth: respond }
    await assert.rejects(accessToken(true), { status })
    assert.equal(isSignedIn.value, true)
    responses = { InitiateAuth: issue(3600) }
    assert.equal(await accessToken(true), 'an-access-token')
  })

for (const code of ['NotAuthorizedException', 'UserNotFoundException'])
  test(`a session ends with ${code}`, async () => {
    responses = { InitiateAuth: issue(3600) }
    await signIn('dora', 'a password')
    responses = { InitiateAuth: refuseRefresh(code) }
    await assert.rejects(accessToken(true), { status: 401 })
    assert.equal(isSignedIn.value, false)
  })

const refuse = (message) => () => Response.json({ __type: 'NotAuthorizedException', message }, { status: 400 })
const invite = () => {
  const parameters = { USER_ID_FOR_SRP: 'dora', requiredAttributes: '[]', userAttributes: '{}' }
  return Response.json({ ChallengeName: 'NEW_PASSWORD_REQUIRED', Session: 'a-session', ChallengeParameters: parameters })
}

test('an invited user signs in with a password of their own in place of the temporary one', async () => {
  await signOut()
  responses = { InitiateAuth: invite, RespondToAuthChallenge: issue(3600) }
  const required = await signIn('dora@example.com', 'a temporary password').catch((thrown) => thrown)
  assert.ok(required instanceof NewPasswordProblem)
  assert.equal(isSignedIn.value, false)
  requests = []
  await replaceTemporaryPassword('dora@example.com', required, 'my own password')
  assert.equal(isSignedIn.value, true)
  const { ChallengeName, Session, ChallengeResponses } = requests[0].body
  assert.deepEqual([ChallengeName, Session], ['NEW_PASSWORD_REQUIRED', 'a-session'])
  assert.deepEqual(ChallengeResponses, { USERNAME: 'dora', NEW_PASSWORD: 'my own password' }) // pragma: allowlist secret
})

test('an invited user who takes too long, or whose temporary password has expired, is told so', async () => {
  await signOut()
  const required = new NewPasswordProblem('dora', 'a-session')
  responses = { RespondToAuthChallenge: refuse('Invalid session for the user, session is expired.') }
  await assert.rejects(replaceTemporaryPassword('dora', required, 'my own password'), {
    code: CHALLENGE_EXPIRED,
    message: t.session.challengeExpired,
  })
  responses = { InitiateAuth: refuse('Temporary password has expired and must be reset by an administrator.') }
  await assert.rejects(signIn('dora', 'a temporary password'), { message: t.session.temporaryPasswordExpired })
  responses = { InitiateAuth: refuse('Incorrect username or password.') }
  await assert.rejects(signIn('dora', 'a temporary password'), { message: t.cognito.NotAuthorizedException })
})
