/** The page's configuration: config.json, written when the page is published. */
export interface Config {
  api: string
  identity: { endpoint: string; clientId: string }
  signUp: boolean
  local: { user: string; password: string; code: string; resetCode: string } | null
}

let loaded: Config | undefined
let loading: Promise<Config> | undefined

/** Load the configuration once. Throws when it cannot be loaded. */
export function loadConfig(): Promise<Config> {
  loading ??= fetchConfig()
  return loading
}

async function fetchConfig(): Promise<Config> {
  const response = await fetch('config.json') // its headers have it validated each time
  if (!response.ok) throw new Error(`GET config.json failed with status ${response.status}`)
  loaded = (await response.json()) as Config
  return loaded
}

/** The loaded configuration. Components render only after it has loaded. */
export function config(): Config {
  if (!loaded) throw new Error('the configuration is not loaded yet')
  return loaded
}
