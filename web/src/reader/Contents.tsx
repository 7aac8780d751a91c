import { Dialog } from '../parts/Dialog'
import type { Chapter } from '../reading_text/text'
import { t } from '../texts'

/** The chapters, to go to one. */
export function Contents({ chapters, onChosen, onClose }: { chapters: Chapter[]; onChosen: (start: number) => void; onClose: () => void }) {
  return (
    <Dialog title={t.reader.contents} kind="sheet" onClose={onClose}>
      <ol class="choose">
        {chapters.map((chapter) => (
          <li key={chapter.start}>
            <button
              type="button"
              class="quiet"
              onClick={() => {
                onClose()
                onChosen(chapter.start)
              }}
            >
              {chapter.title}
            </button>
          </li>
        ))}
      </ol>
    </Dialog>
  )
}
