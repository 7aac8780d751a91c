import { useState } from 'preact/hooks'
import { MAX_CHARACTERS } from '../api/limits'
import { Dialog } from '../parts/Dialog'
import { Field } from '../parts/Field'
import { Name } from '../parts/Name'
import { navigate, pathWithQuery } from '../platform/route'
import { t } from '../texts'
import type { UsedTag } from './model'
import { useQueryResults } from './queryResults'

/** All tags; pressing one shows the media with it. */
export function TagDialog({ onClose }: { onClose: () => void }) {
  const [q, setQ] = useState('')
  const query = { q: q.trim() || null, limit: 100 }
  const { items: tags, hasMore, error, loadMore } = useQueryResults<UsedTag>('/v1/tags', query)
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
      {hasMore && (
        <button type="button" class="plain" onClick={loadMore}>
          {t.showMore}
        </button>
      )}
    </Dialog>
  )
}
