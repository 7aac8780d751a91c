import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import * as cognito from '../api/cognito'
import { errorMessage, Problem } from '../api/problem'
import { replaceTemporaryPassword, sessionEndedReason, signIn } from '../api/session'
import { Field } from '../parts/Field'
import { Icon } from '../parts/Icon'
import { useTitle } from '../parts/title'
import { Wordmark } from '../parts/Wordmark'
import { config } from '../platform/config'
import { navigate, route } from '../platform/route'
import { t } from '../texts'
import { addressOf, type Step, stepToShow } from './signInAddress'

/** Signs in, signs up, resets a forgotten password, and replaces the temporary one of an invitation. */
export function SignIn() {
  const { signUp, local } = config()
  const current = route.value
  const [newPasswordRequired, setNewPasswordRequired] = useState<cognito.NewPasswordProblem | null>(null)
  const step = stepToShow(current, newPasswordRequired !== null)
  const [user, setUser] = useState(current.query.get('user') ?? '')
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  // Of the step that they belong to: Back leads to another one.
  const [error, showError] = useState({ step, text: '' })
  const [note, showNote] = useState({ step, text: '' })
  const [isBusy, setBusy] = useState(false)

  const setError = (text: string) => showError({ step, text })
  const goTo = (next: Step, message = '') => {
    navigate(addressOf(next, user.trim(), current))
    setError('')
    showNote({ step: next, text: message })
    setCode('')
  }
  const run = async (action: () => Promise<void>) => {
    setBusy(true)
    setError('')
    sessionEndedReason.value = ''
    try {
      await action()
    } catch (thrown) {
      if (thrown instanceof cognito.NewPasswordProblem) {
        setNewPasswordRequired(thrown)
        setPassword('')
        goTo('newPassword', thrown.message)
      } else if (thrown instanceof Problem && thrown.code === cognito.CHALLENGE_EXPIRED) {
        setNewPasswordRequired(null)
        setPassword('')
        goTo('signIn', thrown.message)
      } else if (thrown instanceof Problem && thrown.code === 'UserNotConfirmedException') goTo('confirm', thrown.message)
      else setError(errorMessage(thrown))
    } finally {
      setBusy(false)
    }
  }

  const submitSignIn = () => run(() => signIn(user.trim(), password))
  const submitSignUp = () =>
    run(async () => {
      await cognito.signUp(user.trim(), email.trim(), password)
      goTo('confirm', local ? t.session.codeLocal(local.code) : t.session.codeSent(email.trim()))
    })
  const submitCode = () =>
    run(async () => {
      await cognito.confirm(user.trim(), code.trim())
      if (password) await signIn(user.trim(), password)
      else goTo('signIn')
    })
  const resend = () =>
    run(async () => {
      await cognito.resendCode(user.trim())
      showNote({ step, text: local ? t.session.codeLocal(local.code) : t.session.codeResent })
    })
  const submitForgotPassword = () =>
    run(async () => {
      await cognito.forgotPassword(user.trim())
      goTo('reset', local ? t.session.codeLocal(local.resetCode) : t.session.codeSentIfAccountExists)
      setPassword('')
    })
  const submitNewPassword = () =>
    run(async () => {
      await cognito.setPassword(user.trim(), code.trim(), password)
      await signIn(user.trim(), password)
    })
  const submitOwnPassword = () =>
    run(async () => {
      if (newPasswordRequired) await replaceTemporaryPassword(user.trim(), newPasswordRequired, password)
    })

  // An address that was typed has no name.
  const isUserMissing = (step === 'confirm' || step === 'reset') && !current.query.get('user')
  const userField = (label: string) => (
    <Field
      label={label}
      isFirst
      value={user}
      onValue={setUser}
      name="username"
      autocomplete="username"
      autocapitalize="none"
      spellcheck={false}
      required
    />
  )
  const codeField = (
    <Field
      label={t.session.code}
      isFirst={!isUserMissing}
      value={code}
      onValue={setCode}
      inputMode="numeric"
      autocomplete="one-time-code"
      pattern="\s*[0-9]{6}\s*"
      required
    />
  )
  const passwordField = (isNew: boolean) => (
    <Field
      label={isNew && step !== 'signUp' ? t.session.newPassword : t.session.password}
      isFirst={step === 'newPassword'}
      type="password"
      value={password}
      onValue={setPassword}
      name="password"
      autocomplete={isNew ? 'new-password' : 'current-password'}
      required
      {...(isNew ? { minLength: 12, hint: t.session.passwordHint } : {})}
    />
  )
  const [errorText, noteText] = [error, note].map((message) => (message.step === step ? message.text : ''))
  const formProps = { error: errorText ?? '', note: noteText || (step === 'signIn' ? sessionEndedReason.value : ''), isBusy }

  return (
    <main class="sign-in" id="content">
      <section class="sign-in-intro">
        <p class="wordmark">
          <Wordmark size={44} />
          {t.name}
        </p>
        <p class="tagline">
          {t.session.tagline.map((line, index) => (
            <span key={line} class={index === 2 ? 'highlighted' : ''}>
              {line}
            </span>
          ))}
        </p>
      </section>
      <section class="sign-in-form">
        {step === 'signIn' && (
          <Form title={t.session.signIn} action={t.session.signIn} onSubmit={submitSignIn} {...formProps}>
            {userField(t.session.userOrEmail)}
            {passwordField(false)}
          </Form>
        )}
        {step === 'signUp' && (
          <Form title={t.session.signUp} action={t.session.signUp} onSubmit={submitSignUp} {...formProps}>
            {userField(t.session.user)}
            <Field
              label={t.session.email}
              hint={t.session.emailHint}
              type="email"
              value={email}
              onValue={setEmail}
              autocomplete="email"
              required
            />
            {passwordField(true)}
          </Form>
        )}
        {step === 'confirm' && (
          <Form title={t.session.confirmTitle} action={t.session.confirm} onSubmit={submitCode} {...formProps}>
            {isUserMissing && userField(t.session.user)}
            {codeField}
          </Form>
        )}
        {step === 'forgot' && (
          <Form title={t.session.resetTitle} action={t.session.sendCode} onSubmit={submitForgotPassword} {...formProps}>
            {userField(t.session.userOrEmail)}
          </Form>
        )}
        {step === 'reset' && (
          <Form title={t.session.resetTitle} action={t.session.setPassword} onSubmit={submitNewPassword} {...formProps}>
            {isUserMissing && userField(t.session.userOrEmail)}
            {codeField}
            {passwordField(true)}
          </Form>
        )}
        {step === 'newPassword' && (
          <Form title={t.session.newPasswordTitle} action={t.session.setPassword} onSubmit={submitOwnPassword} {...formProps}>
            {passwordField(true)}
          </Form>
        )}
        <div class="sign-in-links">
          {step === 'signIn' && signUp && <StepLink label={t.session.toSignUp} onSelect={() => goTo('signUp')} />}
          {step === 'signIn' && <StepLink label={t.session.forgot} onSelect={() => goTo('forgot')} />}
          {step === 'confirm' && <StepLink label={t.session.resendCode} onSelect={resend} />}
          {step !== 'signIn' && step !== 'newPassword' && <StepLink label={t.session.toSignIn} onSelect={() => goTo('signIn')} />}
        </div>
        {local && step === 'signIn' && (
          <div class="demo">
            <button type="button" class="plain wide" disabled={isBusy} onClick={() => run(() => signIn(local.user, local.password))}>
              <Icon name="play" /> {t.session.demo}
            </button>
            <p class="hint">{t.session.demoHint}</p>
          </div>
        )}
      </section>
    </main>
  )
}

function StepLink({ label, onSelect }: { label: string; onSelect: () => void }) {
  return (
    <button type="button" class="link" onClick={onSelect}>
      {label}
    </button>
  )
}

interface FormProps {
  title: string
  action: string
  error: string
  note: string
  isBusy: boolean
  onSubmit: () => void
  children: ComponentChildren
}

function Form({ title, action, error, note, isBusy, onSubmit, children }: FormProps) {
  useTitle(title)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        onSubmit()
      }}
    >
      <h1>{title}</h1>
      <div role="status">{note && <p class="note">{note}</p>}</div>
      {children}
      <div role="alert">{error && <p class="error-text">{error}</p>}</div>
      <button type="submit" class="primary wide" disabled={isBusy}>
        {action}
      </button>
    </form>
  )
}
