import { EditTagsDialog, RenameDialog } from '../library/dialogs'
import type { Media } from '../library/model'
import { displayName } from '../parts/displayName'
import { ShareDialog } from '../sharing/ShareDialog'
import { DetailsDialog } from './DetailsDialog'

interface Props {
  media: Media
  /** The name of the open dialog; others than these show nothing. */
  dialog: string | null
  onClose: () => void
  onChanged: () => void
}

/** The dialogs about the media that is read: its details, title and tags. */
export function MediaDialogs({ media, dialog, onClose, onChanged }: Props) {
  const closeChanged = () => {
    onClose()
    onChanged()
  }
  if (dialog === 'details') return <DetailsDialog media={media} onClose={onClose} onChanged={onChanged} />
  if (dialog === 'share') return <ShareDialog path={`/v1/media/${media.id}`} title={displayName(media.title)} onClose={onClose} />
  if (dialog === 'rename') return <RenameDialog media={media} onClose={closeChanged} />
  if (dialog === 'tags') return <EditTagsDialog media={[media]} onClose={closeChanged} />
  return null
}
