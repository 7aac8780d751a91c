import { openShortcutHelp } from '../help/shortcutHelp'
import { download } from '../library/actions'
import { keepItem } from '../library/menuItems'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import type { MenuItem } from '../parts/Menu'
import { printDocument } from '../parts/print'
import { goBackToList, listAddress } from '../platform/scroll'
import { t } from '../texts'
import { ReaderBar } from './ReaderBar'
import type { ReaderState } from './useReader'

export type ReaderDialog = 'settings' | 'contents' | 'details' | 'rename' | 'tags' | 'pronunciation' | 'notes' | 'share'

interface Props {
  reader: ReaderState
  onDialog: (dialog: ReaderDialog) => void
  onBookmark: () => void
}

/** The bar above a media of the signed-in user, with everything that they can do with it. */
export function MediaBar({ reader, onDialog, onBookmark }: Props) {
  const { media, view, isReady, isPdf, isPicture, hasText, hasChapters } = reader
  const hasPages = (isPdf || isPicture) && hasText
  const items: MenuItem[] = [
    { label: t.library.rename, icon: 'edit', onSelect: () => onDialog('rename') },
    { label: t.library.editTags, icon: 'tag', onSelect: () => onDialog('tags') },
    ...(hasText ? [{ label: t.lexicon.ofSelection, icon: 'letters' as const, onSelect: () => onDialog('pronunciation') }] : []),
    { label: t.reader.details, icon: 'document', onSelect: () => onDialog('details') },
    { label: t.shortcuts.title, icon: 'keyboard', onSelect: openShortcutHelp },
  ]
  if (printDocument.value) items.push({ label: t.reader.print, icon: 'print', onSelect: printDocument.value })
  if (hasText) items.unshift({ label: t.find.title, icon: 'search', onSelect: () => reader.findRequest.value++ })
  const canAnnotate = isReady && (isPicture ? hasText && view === 'text' : hasText || isPdf)
  if (canAnnotate && hasPages) items.unshift({ label: t.annotations.bookmark, icon: 'bookmark', onSelect: onBookmark })
  if (canAnnotate) items.unshift({ label: t.shell.notes, icon: 'notes', onSelect: () => onDialog('notes') })
  if (hasChapters) items.unshift({ label: t.reader.contents, icon: 'contents', onSelect: () => onDialog('contents') })
  if (isReady) items.unshift({ label: t.library.share, icon: 'share', onSelect: () => onDialog('share') })
  if (isReady) items.unshift(keepItem(media))
  if (isReady) items.unshift({ label: t.library.download, icon: 'download', onSelect: () => void download(media) })
  return (
    <ReaderBar
      reader={reader}
      back={
        <a class="button quiet square" href={listAddress()} aria-label={t.reader.back} onClick={goBackToList}>
          <Icon name="back" />
        </a>
      }
      menuLabel={t.library.actions(displayName(media.title))}
      items={items}
      onDialog={onDialog}
    >
      {canAnnotate && (
        <>
          <button
            type="button"
            class={`quiet square ${hasPages ? 'wide-only' : ''}`}
            aria-label={t.annotations.bookmark}
            aria-keyshortcuts="b"
            onClick={onBookmark}
          >
            <Icon name="bookmark" />
          </button>
          <button type="button" class="quiet square wide-only" aria-label={t.shell.notes} onClick={() => onDialog('notes')}>
            <Icon name="notes" />
          </button>
        </>
      )}
    </ReaderBar>
  )
}
