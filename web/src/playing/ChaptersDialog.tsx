import { Dialog } from '../parts/Dialog'
import { Name } from '../parts/Name'
import { t } from '../texts'
import { formatTime } from '../texts/format'
import type { Playback } from './model'

/** The chapters of what plays, with their times; the one that plays is marked. */
export function ChaptersDialog({ playback, onClose }: { playback: Playback; onClose: () => void }) {
  const current = playback.chapter.value
  return (
    <Dialog title={t.reader.contents} kind="sheet" onClose={onClose}>
      <ol class="button-list contents-list">
        {playback.chapters.value.map(({ title, startMs }, index) => (
          <li key={startMs}>
            <button
              type="button"
              class="quiet"
              aria-current={startMs === current?.startMs}
              onClick={() => {
                onClose()
                playback.seek(startMs)
                playback.play()
              }}
            >
              <span>{title ? <Name>{title}</Name> : t.listening.chapterNumber(index + 1)}</span>
              <span class="dim">{formatTime(startMs)}</span>
            </button>
          </li>
        ))}
      </ol>
    </Dialog>
  )
}
