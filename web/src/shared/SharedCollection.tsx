import { Cover } from '../library/MediaCard'
import { displayName } from '../parts/displayName'
import { EmptyState } from '../parts/EmptyState'
import { Name } from '../parts/Name'
import { SkipLink } from '../parts/SkipLink'
import { useTitle } from '../parts/title'
import { Wordmark } from '../parts/Wordmark'
import { t } from '../texts'
import { formatTime } from '../texts/format'
import { type SharedContent, type SharedMedia, toMedia } from './model'

/** The media of a shared collection, in its order. */
export function SharedCollection({ token, content, media }: { token: string; content: SharedContent; media: readonly SharedMedia[] }) {
  useTitle(displayName(content.title))
  return (
    <div class="shared-page">
      <SkipLink />
      <header class="wordmark">
        <Wordmark />
        {t.name}
      </header>
      <main id="content" tabIndex={-1}>
        <h1>
          <Name>{content.title}</Name>
        </h1>
        {content.description && (
          <p class="dim">
            <Name>{content.description}</Name>
          </p>
        )}
        {media.length > 0 ? (
          <ul class="shared-items">
            {media.map((item) => (
              <li key={item.id}>
                <a href={`#/shared/${token}/media/${item.id}`}>
                  <Cover media={toMedia(item)} />
                  <span class="shared-item-text">
                    <strong>
                      <Name>{item.title}</Name>
                    </strong>
                    <span class="dim">{facts(item)}</span>
                  </span>
                </a>
              </li>
            ))}
          </ul>
        ) : (
          <EmptyState icon="collection" title={t.sharing.empty} hint={t.sharing.emptyHint} />
        )}
      </main>
    </div>
  )
}

function facts(item: SharedMedia): string {
  const parts = [
    displayName(item.metadata.creators.join(', ')),
    item.page_count ? t.library.pages(item.page_count) : '',
    item.duration_ms ? formatTime(item.duration_ms) : '',
  ]
  return parts.filter(Boolean).join(' · ')
}
