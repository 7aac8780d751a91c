import { Icon } from '../parts/Icon'
import { t } from '../texts'
import { restore, throwAway } from './actions'
import type { Choices } from './menuItems'
import type { Media } from './model'

interface SelectionProps {
  media: Media[]
  all: Media[]
  choices: Choices
  onChosen: (ids: ReadonlySet<string>) => void
}

/** What can be done with all that are selected. */
export function Selection({ media, all, choices, onChosen }: SelectionProps) {
  const isTrash = media.every((one) => one.status === 'trashed')
  const isRemovable = media.every((one) => one.status === 'trashed' || one.status === 'rejected' || one.status === 'expired')
  return (
    <section class="selection" aria-label={t.library.selected(media.length)}>
      <strong role="status">{t.library.selected(media.length)}</strong>
      <button type="button" class="quiet selection-all" onClick={() => onChosen(new Set(all.map((one) => one.id)))}>
        {t.library.selectAll}
      </button>
      <span class="selection-actions">
        {isTrash && (
          <button type="button" class="plain" onClick={() => void restore(media)}>
            <Icon name="restore" /> {t.library.restore}
          </button>
        )}
        {!isRemovable && (
          <>
            <button type="button" class="plain" onClick={() => choices.onCollect(media)}>
              <Icon name="collection" /> {t.library.addTo}
            </button>
            <button type="button" class="plain" onClick={() => choices.onTags(media)}>
              <Icon name="tag" /> {t.library.editTags}
            </button>
          </>
        )}
        <button type="button" class="plain dangerous" onClick={() => (isRemovable ? choices.onPurge(media) : void throwAway(media))}>
          <Icon name="trash" /> {isRemovable ? t.library.purge : t.library.throwAway}
        </button>
      </span>
      <button type="button" class="quiet square" aria-label={t.library.deselect} onClick={() => onChosen(new Set())}>
        <Icon name="close" />
      </button>
    </section>
  )
}
