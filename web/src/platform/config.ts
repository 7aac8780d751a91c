/** What a deployment tells its page; `infra/web.py` writes it. */
export interface Config {
  api: string
  identity: { endpoint: string; clientId: string }
  signUp: boolean
  local: { user: string; password: string; code: string; resetCode: string } | null
}

let known: Config | undefined
let loading: Promise<Config> | undefined

/** The configuration, once it is there. Throws when it cannot be loaded. */
export function whenConfigured(): Promise<Config> {
  loading ??= load()
  return loading
}

async function load(): Promise<Config> {
  const answer = await fetch('config.json', { cache: 'no-cache' })
  if (!answer.ok) throw new Error(`config.json was answered with ${answer.status}`)
  known = (await answer.json()) as Config
  return known
}

/** The same for what is shown: the page starts when it is there. */
export function config(): Config {
  if (!known) throw new Error('the configuration was not loaded')
  return known
}
