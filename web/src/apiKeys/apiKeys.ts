import { call, type Page } from '../api/client'

/** What a key may do; each allows one thing and no other. */
export const SCOPES = [
  'media:read',
  'media:write',
  'speech:read',
  'speech:write',
  'lexicon:write',
  'webhooks:write',
  'account:read',
] as const

export type Scope = (typeof SCOPES)[number]

export interface ApiKey {
  id: string
  name: string
  scopes: Scope[]
  last_four: string
  created_at: string
  expires_at: string | null
  last_used_at: string | null
}

/** A key with its text, which the API returns once. */
export interface CreatedApiKey extends ApiKey {
  key: string
}

/** All keys of the account, newest first: there are at most 20. */
export async function loadApiKeys(): Promise<ApiKey[]> {
  return (await call<Page<ApiKey>>('GET', '/v1/api-keys', { query: { limit: 100 } })).items
}
