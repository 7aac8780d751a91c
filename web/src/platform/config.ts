/** What a deployment tells its page; `infra/web.py` writes it. */
export interface Config {
  api: string
  identity: { endpoint: string; clientId: string }
  signUp: boolean
  local: { user: string; password: string; code: string } | null
}

let known: Config | undefined

export async function loadConfig(): Promise<void> {
  const answer = await fetch('config.json', { cache: 'no-cache' })
  if (!answer.ok) throw new Error(`config.json was answered with ${answer.status}`)
  known = (await answer.json()) as Config
}

export function config(): Config {
  if (!known) throw new Error('the configuration was not loaded')
  return known
}
