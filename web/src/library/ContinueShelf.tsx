import { displayName } from '../parts/displayName'
import { Name } from '../parts/Name'
import { t } from '../texts'
import { Cover, progressText } from './MediaCard'
import type { Media } from './model'
import { type PagedList, usePagedList } from './pagedList'
import { prefetch } from './prefetch'

const MAX_SHOWN = '12' // what one reads at the same time

/** What was begun and not finished, last opened first; it is not loaded if it is not shown. */
export function useBegunMedia(isShown: boolean): PagedList<Media> {
  const query = { status: 'ready', in_progress: 'true', sort: '-opened_at', limit: MAX_SHOWN }
  return usePagedList(isShown ? '/v1/media' : null, query, true)
}

export function ContinueShelf({ items }: { items: Media[] }) {
  if (!items.length) return null
  return (
    <section class="continue" aria-labelledby="continue">
      <h2 id="continue">{t.library.continue}</h2>
      <ul class="shelf">
        {items.map((media) => (
          <li key={media.id}>
            <a
              href={`#/media/${media.id}`}
              title={displayName(media.title)}
              onPointerEnter={() => prefetch(media)}
              onFocus={() => prefetch(media)}
            >
              <Cover media={media} />
              <span class="shelf-title">
                <Name>{media.title}</Name>
              </span>
              <span class="dim">{progressText(media)}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}
