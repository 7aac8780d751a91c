import { call, type Page } from '../api/client'
import { Problem } from '../api/problem'
import { t } from '../texts'

/** How a word is pronounced: in one document, or in all. */
export interface LexiconEntry {
  id: string
  written: string
  spoken: string | null
  ipa: string | null
  language: string
  whole_word: boolean
  case_sensitive: boolean
  media_id: string | null
}

export type EntryDraft = Omit<LexiconEntry, 'id'>

/** The text that an entry changes; not all of a very large library is counted. */
export interface AffectedText {
  documents: number
  characters: number
  is_complete: boolean
}

interface Preview {
  status: 'pending' | 'ready'
  url: string | null
}

const PREVIEW_POLL_MS = 400
const PREVIEW_TIMEOUT_MS = 60_000 // a call has a result by then, or never

export const isSayable = ({ written, spoken, ipa }: EntryDraft) => Boolean(written.trim() && (spoken?.trim() || ipa?.trim()))

export async function loadEntries(): Promise<LexiconEntry[]> {
  const entries: LexiconEntry[] = []
  let cursor: string | null = null
  do {
    const page: Page<LexiconEntry> = await call<Page<LexiconEntry>>('GET', '/v1/lexicon', { query: { limit: 100, cursor } })
    entries.push(...page.items)
    cursor = page.next_cursor
  } while (cursor)
  return entries.sort((one, other) => one.written.localeCompare(other.written))
}

/** Create an entry, or change the one with this id. */
export async function saveEntry(draft: EntryDraft, id: string | undefined): Promise<void> {
  await (id ? call('PATCH', `/v1/lexicon/${id}`, { body: draft }) : call('POST', '/v1/lexicon', { body: draft }))
}

export const countAffected = (draft: EntryDraft, signal: AbortSignal) =>
  call<AffectedText>('POST', '/v1/lexicon/affected', { body: draft, signal })

/** The URL of a word as its entry has it said. */
export async function loadPreview(draft: EntryDraft): Promise<string> {
  const { written, spoken, ipa, language, whole_word, case_sensitive, media_id } = draft
  const entry: EntryDraft = { written, spoken, ipa, language, whole_word, case_sensitive, media_id }
  const body = { text: written, language, entry }
  for (const deadline = Date.now() + PREVIEW_TIMEOUT_MS; Date.now() < deadline; ) {
    const { url } = await call<Preview>('POST', '/v1/lexicon/preview', { body })
    if (url) return url
    await new Promise((resolve) => setTimeout(resolve, PREVIEW_POLL_MS))
  }
  throw new Problem(0, 'no_preview', t.lexicon.noPreview)
}
