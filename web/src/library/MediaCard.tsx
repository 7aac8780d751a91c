import { Icon } from '../parts/Icon'
import { Menu } from '../parts/Menu'
import { t } from '../texts'
import { bytes, clock, day } from '../texts/format'
import { account } from './account'
import { type Choices, choicesFor } from './menuItems'
import { kindOf, type Media } from './model'
import { lookAhead } from './prefetch'
import { useThumbnail } from './thumbnails'

interface Props {
  media: Media
  shape: 'grid' | 'list'
  isSelected: boolean
  isSelecting: boolean
  /** null: where nothing is selected. */
  onSelect: ((isRange: boolean) => void) | null
  choices: Choices
}

/** One media in the library. */
export function Cell({ media, shape, isSelected, isSelecting, onSelect, choices }: Props) {
  const menu = choicesFor(media, choices)
  const isTrash = media.status === 'trashed'
  return (
    <article class={`cell ${shape} ${isSelected ? 'selected' : ''} ${media.status}`}>
      <Cover media={media} />
      <div class="cell-text">
        <h2>
          {isTrash ? (
            <span class="cell-name">{media.title}</span>
          ) : (
            <a
              class="cell-name"
              href={`#/media/${media.id}`}
              onPointerEnter={() => lookAhead(media)}
              onPointerDown={() => lookAhead(media)}
              onFocus={() => lookAhead(media)}
            >
              {media.title}
            </a>
          )}
        </h2>
        <p class="cell-facts">
          <Facts media={media} isLong={shape === 'list'} />
        </p>
        {shape === 'list' && media.tags.length > 0 && (
          <p class="cell-tags">
            {media.tags.slice(0, 3).map((tag) => (
              <a key={tag} class="tag" href={`#/library?tag=${encodeURIComponent(tag)}`}>
                {tag}
              </a>
            ))}
          </p>
        )}
      </div>
      {onSelect && (
        <label class={`cell-select ${isSelecting ? 'shown' : ''}`}>
          <input
            type="checkbox"
            checked={isSelected}
            aria-label={t.library.select(media.title)}
            onClick={(event) => onSelect(event.shiftKey)}
          />
        </label>
      )}
      <div class="cell-menu">
        <Menu label={t.library.actions(media.title)} choices={menu}>
          <Icon name="more" />
        </Menu>
      </div>
    </article>
  )
}

function Facts({ media, isLong }: { media: Media; isLong: boolean }) {
  if (media.status === 'rejected') return <span class="bad">{(isLong && media.rejection?.detail) || t.library.statuses.rejected}</span>
  if (media.status === 'trashed') {
    const kept = account.value?.limits.trash_days ?? 30
    const gone = media.trashed_at ? Math.ceil((Date.parse(media.trashed_at) + kept * 86_400_000 - Date.now()) / 86_400_000) : kept
    return <>{t.library.trashed(gone)}</>
  }
  if (media.status !== 'ready') return <span class="busy">{t.library.statuses[media.status]}</span>
  const facts = [
    media.page_count ? t.library.pages(media.page_count) : '',
    media.duration_ms ? clock(media.duration_ms) : '',
    bytes(media.size_bytes),
    isLong ? day(media.created_at) : '',
  ]
  return <>{facts.filter(Boolean).join(' · ')}</>
}

/** The small picture, or the sign of its kind. */
function Cover({ media }: { media: Media }) {
  const url = useThumbnail(media)
  const kind = kindOf(media.media_type)
  const ending = media.filename.includes('.') ? (media.filename.split('.').pop() ?? '') : ''
  return (
    <div class="cover" aria-hidden="true">
      {url ? (
        <img src={url} alt="" decoding="async" />
      ) : (
        <>
          <Icon name={kind} size={32} />
          <span>{ending.slice(0, 5).toUpperCase()}</span>
        </>
      )}
    </div>
  )
}
