import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import * as pool from '../api/cognito'
import { Problem, sentence } from '../api/problem'
import { ended, signIn } from '../api/session'
import { Field } from '../parts/Field'
import { Icon } from '../parts/Icon'
import { useTitle } from '../parts/title'
import { config } from '../platform/config'
import { t } from '../texts/index'

type Step = 'in' | 'up' | 'confirm' | 'forgot' | 'reset'

/** In, up, and back in after a forgotten password. */
export function SignIn() {
  const { signUp, local } = config()
  const [step, setStep] = useState<Step>('in')
  const [user, setUser] = useState('')
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [error, setError] = useState('')
  const [note, setNote] = useState('')
  const [isBusy, setBusy] = useState(false)

  const move = (to: Step, message = '') => {
    setStep(to)
    setError('')
    setNote(message)
    setCode('')
  }
  const run = async (work: () => Promise<void>) => {
    setBusy(true)
    setError('')
    ended.value = ''
    try {
      await work()
    } catch (problem) {
      if (problem instanceof Problem && problem.code === 'UserNotConfirmedException') move('confirm', problem.message)
      else setError(sentence(problem))
    } finally {
      setBusy(false)
    }
  }

  const enter = () => run(() => signIn(user.trim(), password))
  const create = () =>
    run(async () => {
      await pool.signUp(user.trim(), email.trim(), password)
      move('confirm', local ? t.session.codeLocal(local.code) : t.session.codeSent(email.trim()))
    })
  const confirm = () =>
    run(async () => {
      await pool.confirm(user.trim(), code.trim())
      if (password) await signIn(user.trim(), password)
      else move('in')
    })
  const again = () =>
    run(async () => {
      await pool.sendCodeAgain(user.trim())
      setNote(local ? t.session.codeLocal(local.code) : t.session.sentAgain)
    })
  const forgot = () =>
    run(async () => {
      await pool.forgotPassword(user.trim())
      move('reset', local ? t.session.codeLocal(local.resetCode) : t.session.codeSentSomewhere)
      setPassword('')
    })
  const reset = () =>
    run(async () => {
      await pool.setPassword(user.trim(), code.trim(), password)
      await signIn(user.trim(), password)
    })

  const named = (label: string) => (
    <Field
      label={label}
      value={user}
      onValue={setUser}
      name="username"
      autocomplete="username"
      autocapitalize="none"
      spellcheck={false}
      required
    />
  )
  const coded = (
    <Field
      label={t.session.code}
      value={code}
      onValue={setCode}
      inputMode="numeric"
      autocomplete="one-time-code"
      pattern="\s*[0-9]{6}\s*"
      required
    />
  )
  const secret = (isNew: boolean) => (
    <Field
      label={isNew && step === 'reset' ? t.session.newPassword : t.session.password}
      type="password"
      value={password}
      onValue={setPassword}
      name="password"
      autocomplete={isNew ? 'new-password' : 'current-password'}
      required
      {...(isNew ? { minLength: 12, hint: t.session.passwordHint } : {})}
    />
  )
  const shared = { error, note: note || (step === 'in' ? ended.value : ''), isBusy }

  return (
    <main class="sign-in" id="content">
      <section class="pitch">
        <p class="wordmark">
          <img src="icon.svg" alt="" width="44" height="44" />
          {t.name}
        </p>
        <p class="pitch-lines">
          {t.session.pitch.map((line, index) => (
            <span key={line} class={index === 2 ? 'lit' : ''}>
              {line}
            </span>
          ))}
        </p>
      </section>
      <section class="sign-in-form">
        {step === 'in' && (
          <Form title={t.session.signIn} action={t.session.signIn} onSubmit={enter} {...shared}>
            {named(t.session.userOrEmail)}
            {secret(false)}
          </Form>
        )}
        {step === 'up' && (
          <Form title={t.session.signUp} action={t.session.signUp} onSubmit={create} {...shared}>
            {named(t.session.user)}
            <Field
              label={t.session.email}
              hint={t.session.emailHint}
              type="email"
              value={email}
              onValue={setEmail}
              autocomplete="email"
              required
            />
            {secret(true)}
          </Form>
        )}
        {step === 'confirm' && (
          <Form title={t.session.confirmTitle} action={t.session.confirm} onSubmit={confirm} {...shared}>
            {coded}
          </Form>
        )}
        {step === 'forgot' && (
          <Form title={t.session.resetTitle} action={t.session.sendCode} onSubmit={forgot} {...shared}>
            {named(t.session.userOrEmail)}
          </Form>
        )}
        {step === 'reset' && (
          <Form title={t.session.resetTitle} action={t.session.setPassword} onSubmit={reset} {...shared}>
            {coded}
            {secret(true)}
          </Form>
        )}
        <div class="sign-in-ways">
          {step === 'in' && signUp && <Way label={t.session.toSignUp} onChoose={() => move('up')} />}
          {step === 'in' && <Way label={t.session.forgot} onChoose={() => move('forgot')} />}
          {step === 'confirm' && <Way label={t.session.again} onChoose={again} />}
          {step !== 'in' && <Way label={t.session.toSignIn} onChoose={() => move('in')} />}
        </div>
        {local && step === 'in' && (
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

function Way({ label, onChoose }: { label: string; onChoose: () => void }) {
  return (
    <button type="button" class="link" onClick={onChoose}>
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
