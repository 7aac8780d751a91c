import { Icon } from '../parts/Icon'
import { t } from '../texts'
import { moveToTrash, removeFromCollection, restore } from './actions'
import type { MediaActions } from './menuItems'
import type { Media } from './model'
import { playActions } from './playActions'

interface Props {
  media: Media[]
  all: Media[]
  actions: MediaActions
  onSelectionChange: (ids: ReadonlySet<string>) => void
}

/** Actions on all selected media. */
export function SelectionBar({ media, all, actions, onSelectionChange }: Props) {
  const areTrashed = media.every((item) => item.status === 'trashed')
  const areDeletable = media.every(({ status }) => status === 'trashed' || status === 'rejected' || status === 'expired')
  return (
    <section class="selection" aria-label={t.library.selected(media.length)}>
      <strong role="status">{t.library.selected(media.length)}</strong>
      <button type="button" class="quiet selection-all" onClick={() => onSelectionChange(new Set(all.map((item) => item.id)))}>
        {t.library.selectAll}
      </button>
      <span class="selection-actions">
        {areTrashed && (
          <button type="button" class="plain" onClick={() => void restore(media)}>
            <Icon name="restore" /> {t.library.restore}
          </button>
        )}
        {!areDeletable && (
          <>
            <button type="button" class="plain" onClick={() => playActions()?.addToQueue(media)}>
              <Icon name="queue" /> {t.library.addToQueue}
            </button>
            <button type="button" class="plain" onClick={() => actions.onAddToCollection(media)}>
              <Icon name="collection" /> {t.library.addToCollection}
            </button>
            <button type="button" class="plain" onClick={() => actions.onEditTags(media)}>
              <Icon name="tag" /> {t.library.editTags}
            </button>
            {actions.collectionId && (
              <button type="button" class="plain" onClick={() => void removeFromCollection(actions.collectionId ?? '', media)}>
                <Icon name="minus" /> {t.library.removeFromCollection}
              </button>
            )}
          </>
        )}
        <button
          type="button"
          class="plain danger-text"
          onClick={() => (areDeletable ? actions.onDeletePermanently(media) : void moveToTrash(media))}
        >
          <Icon name="trash" /> {areDeletable ? t.library.deletePermanently : t.library.moveToTrash}
        </button>
      </span>
      <button type="button" class="quiet square" aria-label={t.library.deselect} onClick={() => onSelectionChange(new Set())}>
        <Icon name="close" />
      </button>
    </section>
  )
}
