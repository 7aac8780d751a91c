import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { Menu } from '../parts/Menu'
import { Name } from '../parts/Name'
import { t } from '../texts'
import { formatBytes, formatDate, formatPercent, formatTime } from '../texts/format'
import { account } from './account'
import { type MediaActions, menuItemsFor } from './menuItems'
import { isFetched, type Media, mediaKind } from './model'
import { positionOf } from './positions'
import { prefetch } from './prefetch'
import { useThumbnail } from './thumbnails'

const DAY_MS = 86_400_000
const FINISHED_FRACTION = 0.98 // as for the API's `in_progress`

interface Props {
  media: Media
  layout: 'grid' | 'list'
  isSelected: boolean
  isSelecting: boolean
  onSelect: (isRange: boolean) => void
  actions: MediaActions
}

/** A media in the library, as a card of the grid or a row of the list. */
export function MediaCard({ media, layout, isSelected, isSelecting, onSelect, actions }: Props) {
  const isTrash = media.status === 'trashed'
  return (
    <article class={`media-card ${layout} ${isSelected ? 'selected' : ''} ${media.status}`}>
      <Cover media={media} />
      <div class="media-card-text">
        <h2>
          {isTrash ? (
            <span class="media-card-title">
              <Name>{media.title}</Name>
            </span>
          ) : (
            <a
              class="media-card-title"
              href={`#/media/${media.id}`}
              onPointerEnter={() => prefetch(media)}
              onPointerDown={() => prefetch(media)}
              onFocus={() => prefetch(media)}
            >
              <Name>{media.title}</Name>
            </a>
          )}
        </h2>
        <p class="media-card-facts">
          <CardFacts media={media} isLong={layout === 'list'} />
        </p>
        {layout === 'list' && media.tags.length > 0 && (
          <p class="media-card-tags">
            {media.tags.slice(0, 3).map((tag) => (
              <a key={tag} class="tag" href={`#/library?tag=${encodeURIComponent(tag)}`}>
                <Name>{tag}</Name>
              </a>
            ))}
          </p>
        )}
      </div>
      <label class={`media-card-select ${isSelecting ? 'shown' : ''}`}>
        <input
          type="checkbox"
          checked={isSelected}
          aria-label={t.library.select(displayName(media.title))}
          onClick={(event) => onSelect(event.shiftKey)}
        />
      </label>
      <div class="media-card-menu">
        <Menu label={t.library.actions(displayName(media.title))} items={menuItemsFor(media, actions)}>
          <Icon name="more" />
        </Menu>
      </div>
    </article>
  )
}

function CardFacts({ media, isLong }: { media: Media; isLong: boolean }) {
  if (media.status === 'rejected')
    return <span class="error-text">{(isLong && media.rejection?.detail) || t.library.statuses.rejected}</span>
  if (media.status === 'trashed') {
    const trashDays = account.value?.limits.trash_days ?? 30
    const daysLeft = media.trashed_at ? Math.ceil((Date.parse(media.trashed_at) + trashDays * DAY_MS - Date.now()) / DAY_MS) : trashDays
    return <>{t.library.daysUntilDeleted(daysLeft)}</>
  }
  if (media.status !== 'ready')
    return <span class="busy">{isFetched(media) ? t.upload.states.fetching : t.library.statuses[media.status]}</span>
  const facts = [
    progressText(media),
    displayName(media.metadata.creators.join(', ')),
    media.page_count ? t.library.pages(media.page_count) : '',
    media.duration_ms ? formatTime(media.duration_ms) : '',
    formatBytes(media.size_bytes),
    isLong ? formatDate(media.created_at) : '',
  ]
  return <>{facts.filter(Boolean).join(' · ')}</>
}

/** How much is read: "42%", or that it is finished; empty before the beginning. */
export function progressText(media: Media): string {
  const position = positionOf(media)
  if (!position?.fraction) return ''
  return position.fraction >= FINISHED_FRACTION ? t.library.finished : formatPercent(position.fraction)
}

/** The thumbnail, or an icon and the file extension, with a line that shows how much is read. */
export function Cover({ media }: { media: Media }) {
  const fraction = media.status === 'ready' ? (positionOf(media)?.fraction ?? 0) : 0
  const url = useThumbnail(media)
  const kind = mediaKind(media.media_type)
  const extension = media.filename.includes('.') ? (media.filename.split('.').pop() ?? '') : ''
  return (
    <div class="cover" aria-hidden="true">
      {url ? (
        <img src={url} alt="" decoding="async" />
      ) : (
        <>
          <Icon name={kind} size={32} />
          <span>{extension.slice(0, 5).toUpperCase()}</span>
        </>
      )}
      {fraction > 0 && <div class="read-part" style={{ '--fraction': fraction }} />}
    </div>
  )
}
