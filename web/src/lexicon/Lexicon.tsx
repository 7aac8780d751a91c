import { useEffect, useState } from 'preact/hooks'
import { call } from '../api/client'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { reportErrors, toast } from '../parts/toasts'
import { reconnections } from '../platform/network'
import { languageName, t } from '../texts'
import { EntryDialog, HearButton } from './EntryDialog'
import { type LexiconEntry, loadEntries } from './lexicon'

/** The listener's pronunciations: a list with buttons to hear, change and delete each, and to add one. */
export function Lexicon() {
  const [entries, setEntries] = useState<LexiconEntry[] | null>(null)
  const [edited, setEdited] = useState<LexiconEntry | 'new' | null>(null)
  const load = () => reportErrors(async () => setEntries(await loadEntries()))
  useEffect(() => void load(), [reconnections.value])
  const remove = async (entry: LexiconEntry) => {
    await call('DELETE', `/v1/lexicon/${entry.id}`)
    toast(t.lexicon.deleted(displayName(entry.written)))
    await load()
  }
  if (!entries) return <output class="spinner" aria-label={t.loading} />
  return (
    <>
      {entries.length > 0 && (
        <ul class="export-list lexicon">
          {entries.map((entry) => (
            <li key={entry.id}>
              <span>
                <b lang={entry.language}>{displayName(entry.written)}</b>{' '}
                {[entry.spoken && displayName(entry.spoken), entry.ipa && `/${entry.ipa}/`].filter(Boolean).join(' · ')}
                <span class="dim">
                  {' '}
                  {[languageName(entry.language), entry.media_id && t.lexicon.oneDocument].filter(Boolean).join(' · ')}
                </span>
              </span>
              <span class="section-actions">
                <HearButton entry={entry} name={t.listening.hearVoice(displayName(entry.written))} />
                <button
                  type="button"
                  class="quiet square"
                  aria-label={t.lexicon.editOf(displayName(entry.written))}
                  onClick={() => setEdited(entry)}
                >
                  <Icon name="edit" />
                </button>
                <button
                  type="button"
                  class="quiet square"
                  aria-label={t.lexicon.deleteOf(displayName(entry.written))}
                  onClick={() => void reportErrors(() => remove(entry))}
                >
                  <Icon name="trash" />
                </button>
              </span>
            </li>
          ))}
        </ul>
      )}
      <button type="button" class="plain" onClick={() => setEdited('new')}>
        <Icon name="plus" /> {t.lexicon.add}
      </button>
      {edited && (
        <EntryDialog
          entry={edited === 'new' ? undefined : edited}
          onClose={() => setEdited(null)}
          onSaved={() => {
            toast(t.lexicon.saved)
            void load()
          }}
        />
      )}
    </>
  )
}
