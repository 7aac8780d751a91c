import type { ComponentChildren } from 'preact'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { Menu, type MenuItem } from '../parts/Menu'
import { Name } from '../parts/Name'
import { t } from '../texts'
import type { ReaderState } from './useReader'

interface Props {
  reader: ReaderState
  /** The arrow to where the media is listed. */
  back: ComponentChildren
  menuLabel: string
  items: MenuItem[]
  onDialog: (dialog: 'contents' | 'settings') => void
  /** Further buttons. */
  children?: ComponentChildren
}

/** The bar above a media: title, view, contents, find, settings and menu. */
export function ReaderBar({ reader, back, menuLabel, items, onDialog, children }: Props) {
  const { media, view, isPdf, isPicture, hasText, hasChapters } = reader
  return (
    <header class="reader-bar">
      {back}
      <h1 title={displayName(media.title)}>
        <Name>{media.title}</Name>
      </h1>
      {(isPdf || isPicture) && hasText && (
        <fieldset class="segmented-control">
          <legend class="visually-hidden">{t.reader.view}</legend>
          {(['pages', 'text'] as const).map((option) => (
            <button key={option} type="button" class="quiet" aria-pressed={view === option} onClick={() => reader.changeView(option)}>
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
        <button type="button" class="quiet square wide-only" aria-label={t.find.title} onClick={() => reader.findRequest.value++}>
          <Icon name="search" />
        </button>
      )}
      {children}
      {hasText && view === 'text' && (
        <button type="button" class="quiet square" aria-label={t.reader.settings} onClick={() => onDialog('settings')}>
          <Icon name="letters" />
        </button>
      )}
      {items.length > 0 && (
        <Menu label={menuLabel} items={items}>
          <Icon name="more" />
        </Menu>
      )}
    </header>
  )
}
