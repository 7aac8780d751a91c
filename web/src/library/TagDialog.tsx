import { useEffect, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { MAX_CHARACTERS } from '../api/limits'
import { errorMessage } from '../api/problem'
import { Dialog } from '../parts/Dialog'
import { Field } from '../parts/Field'
import { Name } from '../parts/Name'
import { navigate, pathWithQuery } from '../platform/route'
import { t } from '../texts'
import type { UsedTag } from './model'

/** All tags; pressing one shows the media with it. */
export function TagDialog({ onClose }: { onClose: () => void }) {
  const [q, setQ] = useState('')
  const [tags, setTags] = useState<UsedTag[] | null>(null)
  const [cursor, setCursor] = useState<string | null>(null)
  const [error, setError] = useState('')
  const load = async (after: string | null, signal?: AbortSignal) => {
    try {
      const page = await call<Page<UsedTag>>('GET', '/v1/tags', { query: { q: q.trim() || null, limit: 100, cursor: after }, signal })
      setTags((current) => (after ? [...(current ?? []), ...page.items] : page.items))
      setCursor(page.next_cursor)
      setError('')
    } catch (thrown) {
      if (!signal?.aborted) setError(errorMessage(thrown))
    }
  }
  useEffect(() => {
    const controller = new AbortController()
    void load(null, controller.signal)
    return () => controller.abort()
  }, [q])
  return (
    <Dialog title={t.library.tags} onClose={onClose}>
      <Field label={t.library.findTag} value={q} onValue={setQ} maxLength={MAX_CHARACTERS.q} />
      <div role="status">
        {error && <p class="error-text">{error}</p>}
        {tags?.length === 0 && <p class="dim">{q.trim() ? t.library.noTagFound : t.library.noTags}</p>}
      </div>
      <ul class="button-list">
        {tags?.map(({ tag, item_count: count }) => (
          <li key={tag}>
            <button
              type="button"
              class="quiet"
              onClick={() => {
                onClose()
                navigate(pathWithQuery({ tag }))
              }}
            >
              <span>
                <Name>{tag}</Name>
              </span>
              <span class="dim">{t.library.items(count)}</span>
            </button>
          </li>
        ))}
      </ul>
      {cursor && (
        <button type="button" class="plain" onClick={() => void load(cursor)}>
          {t.showMore}
        </button>
      )}
    </Dialog>
  )
}
