import { useEffect, useState } from 'preact/hooks'
import { call } from '../api/client'
import { Dialog } from '../parts/Dialog'
import { Name } from '../parts/Name'
import type { Chapter } from '../reading_text/text'
import { t } from '../texts'

interface ContentsEntry {
  title: string
  /** 1 for the highest. */
  level: number
  start: number
  page: number | null
}

const MAX_INDENTED_LEVELS = 4 // more would leave no room for titles on a phone

interface Props {
  mediaId: string
  /** The version of the text that is shown; null for the current one. */
  version: number | null
  /** Shown until all headings are loaded, and if they cannot be. */
  chapters: Chapter[]
  onSelect: (start: number) => void
  onClose: () => void
}

/** The table of contents: chapters, and the headings below them. */
export function ContentsDialog({ mediaId, version, chapters, onSelect, onClose }: Props) {
  const [entries, setEntries] = useState<ContentsEntry[]>(() =>
    chapters.map(({ title, start }) => ({ title, start, level: 1, page: null })),
  )
  useEffect(() => {
    const controller = new AbortController()
    call<{ items: ContentsEntry[] }>('GET', `/v1/media/${mediaId}/contents`, { query: { version }, signal: controller.signal }).then(
      ({ items }) => items.length && setEntries(items),
      () => undefined, // the chapters are shown
    )
    return () => controller.abort()
  }, [])
  return (
    <Dialog title={t.reader.contents} kind="sheet" onClose={onClose}>
      <ol class="button-list contents-list">
        {entries.map(({ title, level, start, page }) => (
          <li key={start} style={{ paddingInlineStart: `${(Math.min(level, MAX_INDENTED_LEVELS) - 1) * 18}px` }}>
            <button
              type="button"
              class="quiet"
              onClick={() => {
                onClose()
                onSelect(start)
              }}
            >
              <span>
                <Name>{title}</Name>
              </span>
              {page !== null && <span class="dim">{t.reader.pageNumber(page)}</span>}
            </button>
          </li>
        ))}
      </ol>
    </Dialog>
  )
}
