import { download } from '../library/actions'
import type { Media } from '../library/model'
import { Icon } from '../parts/Icon'
import { type Choice, Menu } from '../parts/Menu'
import { t } from '../texts'

export type ReaderDialog = 'settings' | 'contents' | 'details' | 'rename' | 'tags'

interface Props {
  media: Media
  view: 'pages' | 'text'
  /** Pages and text, between which one can choose. */
  hasPages: boolean
  hasText: boolean
  hasChapters: boolean
  onView: (view: 'pages' | 'text') => void
  onDialog: (dialog: ReaderDialog) => void
}

/** The line above what is read: where one is, how it looks, and what can be done with it. */
export function ReaderBar({ media, view, hasPages, hasText, hasChapters, onView, onDialog }: Props) {
  const choices: Choice[] = [
    { label: t.library.rename, icon: 'edit', onChoose: () => onDialog('rename') },
    { label: t.library.editTags, icon: 'tag', onChoose: () => onDialog('tags') },
    { label: t.reader.details, icon: 'document', onChoose: () => onDialog('details') },
  ]
  if (hasChapters) choices.unshift({ label: t.reader.contents, icon: 'contents', onChoose: () => onDialog('contents') })
  if (media.status === 'ready') choices.unshift({ label: t.library.download, icon: 'download', onChoose: () => void download(media) })
  return (
    <header class="reader-bar">
      <a class="button quiet square" href="#/library" aria-label={t.reader.back}>
        <Icon name="back" />
      </a>
      <h1 title={media.title}>{media.title}</h1>
      {hasPages && (
        <fieldset class="switch">
          <legend class="unseen">{t.reader.view}</legend>
          {(['pages', 'text'] as const).map((kind) => (
            <button key={kind} type="button" class="quiet" aria-pressed={view === kind} onClick={() => onView(kind)}>
              {t.reader[kind]}
            </button>
          ))}
        </fieldset>
      )}
      {hasChapters && (
        <button type="button" class="quiet square when-wide" aria-label={t.reader.contents} onClick={() => onDialog('contents')}>
          <Icon name="contents" />
        </button>
      )}
      {hasText && view === 'text' && (
        <button type="button" class="quiet square" aria-label={t.reader.settings} onClick={() => onDialog('settings')}>
          <Icon name="letters" />
        </button>
      )}
      <Menu label={t.library.actions(media.title)} choices={choices}>
        <Icon name="more" />
      </Menu>
    </header>
  )
}
