import { Dialog } from '../parts/Dialog'
import { Name } from '../parts/Name'
import type { Chapter } from '../reading_text/text'
import { t } from '../texts'

/** The table of contents. */
export function ContentsDialog({
  chapters,
  onSelect,
  onClose,
}: {
  chapters: Chapter[]
  onSelect: (start: number) => void
  onClose: () => void
}) {
  return (
    <Dialog title={t.reader.contents} kind="sheet" onClose={onClose}>
      <ol class="button-list">
        {chapters.map((chapter) => (
          <li key={chapter.start}>
            <button
              type="button"
              class="quiet"
              onClick={() => {
                onClose()
                onSelect(chapter.start)
              }}
            >
              <Name>{chapter.title}</Name>
            </button>
          </li>
        ))}
      </ol>
    </Dialog>
  )
}
