import type { Route } from '../platform/route'

/** The steps of signing in, by the first part of their addresses. */
const STEPS = {
  'sign-in': 'signIn',
  'sign-up': 'signUp',
  confirm: 'confirm',
  'forgot-password': 'forgot', // pragma: allowlist secret
  'reset-password': 'reset', // pragma: allowlist secret
  'new-password': 'newPassword', // pragma: allowlist secret
} as const

export type Step = (typeof STEPS)[keyof typeof STEPS]

/** The step of an address; null for that of another screen, which is shown after signing in. */
export function stepOf({ parts: [screen = ''] }: Route): Step | null {
  return screen in STEPS ? STEPS[screen as keyof typeof STEPS] : null
}

/** The step to show. A new password continues a sign-in, which a reload ends: then it begins again. */
export function stepToShow(current: Route, isNewPasswordRequired: boolean): Step {
  const step = stepOf(current) ?? 'signIn'
  return step === 'newPassword' && !isNewPasswordRequired ? 'signIn' : step
}

/** The address of a step. It keeps the user's name, so that a reload does not lose it, and where to go afterwards. */
export function addressOf(step: Step, user: string, current: Route): string {
  const name = Object.entries(STEPS).find(([, value]) => value === step)?.[0]
  const query = new URLSearchParams()
  const target = stepOf(current) ? current.query.get('next') : pathOf(current)
  if (user && (step === 'confirm' || step === 'reset' || step === 'newPassword')) query.set('user', user)
  if (target) query.set('next', target)
  return `/${name}${query.size ? `?${query}` : ''}`
}

/** The screen to show after signing in. */
export function addressAfterSignIn({ query }: Route): string {
  const target = query.get('next') ?? ''
  return target.startsWith('/') ? target : '/library'
}

function pathOf({ parts, query }: Route): string {
  return parts.length ? `/${parts.map(encodeURIComponent).join('/')}${query.size ? `?${query}` : ''}` : ''
}
