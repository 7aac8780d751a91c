import { openShortcutHelp } from '../help/shortcutHelp'
import { download } from '../library/actions'
import { keepItem } from '../library/menuItems'
import { type Media, mediaKind } from '../library/model'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { Menu, type MenuItem } from '../parts/Menu'
import { Name } from '../parts/Name'
import { printDocument } from '../parts/print'
import { goBackToList, listAddress } from '../platform/scroll'
import { t } from '../texts'

export type ReaderDialog = 'settings' | 'contents' | 'details' | 'rename' | 'tags' | 'pronunciation' | 'notes' | 'share'

interface Props {
  media: Media
  view: 'pages' | 'text'
  /** True if there are both pages and text to choose from. */
  hasPages: boolean
  hasText: boolean
  hasChapters: boolean
  onView: (view: 'pages' | 'text') => void
  onDialog: (dialog: ReaderDialog) => void
  onFind: () => void
  onBookmark: () => void
}

/** The bar above a media: title, view, contents, settings and menu. */
export function ReaderBar({ media, view, hasPages, hasText, hasChapters, onView, onDialog, onFind, onBookmark }: Props) {
  const items: MenuItem[] = [
    { label: t.library.rename, icon: 'edit', onSelect: () => onDialog('rename') },
    { label: t.library.editTags, icon: 'tag', onSelect: () => onDialog('tags') },
    ...(hasText ? [{ label: t.lexicon.ofSelection, icon: 'letters' as const, onSelect: () => onDialog('pronunciation') }] : []),
    { label: t.reader.details, icon: 'document', onSelect: () => onDialog('details') },
    { label: t.shortcuts.title, icon: 'keyboard', onSelect: openShortcutHelp },
  ]
  if (printDocument.value) items.push({ label: t.reader.print, icon: 'print', onSelect: printDocument.value })
  if (hasText) items.unshift({ label: t.find.title, icon: 'search', onSelect: onFind })
  const isPicture = mediaKind(media.media_type) === 'image'
  const canAnnotate =
    media.status === 'ready' && (isPicture ? hasText && view === 'text' : hasText || media.media_type === 'application/pdf')
  if (canAnnotate && hasPages) items.unshift({ label: t.annotations.bookmark, icon: 'bookmark', onSelect: onBookmark })
  if (canAnnotate) items.unshift({ label: t.shell.notes, icon: 'notes', onSelect: () => onDialog('notes') })
  if (hasChapters) items.unshift({ label: t.reader.contents, icon: 'contents', onSelect: () => onDialog('contents') })
  if (media.status === 'ready') items.unshift({ label: t.library.share, icon: 'share', onSelect: () => onDialog('share') })
  if (media.status === 'ready') items.unshift(keepItem(media))
  if (media.status === 'ready') items.unshift({ label: t.library.download, icon: 'download', onSelect: () => void download(media) })
  return (
    <header class="reader-bar">
      <a class="button quiet square" href={listAddress()} aria-label={t.reader.back} onClick={goBackToList}>
        <Icon name="back" />
      </a>
      <h1 title={displayName(media.title)}>
        <Name>{media.title}</Name>
      </h1>
      {hasPages && (
        <fieldset class="segmented-control">
          <legend class="visually-hidden">{t.reader.view}</legend>
          {(['pages', 'text'] as const).map((option) => (
            <button key={option} type="button" class="quiet" aria-pressed={view === option} onClick={() => onView(option)}>
              {isPicture && option === 'pages' ? t.reader.picture : t.reader[option]}
            </button>
          ))}
        </fieldset>
      )}
      {hasChapters && (
        <button type="button" class="quiet square wide-only" aria-label={t.reader.contents} onClick={() => onDialog('contents')}>
          <Icon name="contents" />
        </button>
      )}
      {hasText && (
        <button type="button" class="quiet square wide-only" aria-label={t.find.title} onClick={onFind}>
          <Icon name="search" />
        </button>
      )}
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
      {hasText && view === 'text' && (
        <button type="button" class="quiet square" aria-label={t.reader.settings} onClick={() => onDialog('settings')}>
          <Icon name="letters" />
        </button>
      )}
      <Menu label={t.library.actions(displayName(media.title))} items={items}>
        <Icon name="more" />
      </Menu>
    </header>
  )
}
