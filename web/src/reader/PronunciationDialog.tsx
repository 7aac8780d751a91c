import { useEffect, useRef } from 'preact/hooks'
import { MAX_CHARACTERS } from '../api/limits'
import { EntryDialog } from '../lexicon/EntryDialog'
import type { Media } from '../library/model'
import { toast } from '../parts/toasts'
import { t } from '../texts'

interface Props {
  media: Media
  /** The selected word. */
  written: string
  onClose: () => void
}

/** Says how a word of a document is pronounced. */
export function PronunciationDialog({ media, written, onClose }: Props) {
  return (
    <EntryDialog
      mediaId={media.id}
      written={written}
      language={media.language ?? undefined}
      onClose={onClose}
      onSaved={() => toast(t.lexicon.saved)}
    />
  )
}

/** The text that was selected last: opening a menu deselects it. */
export function useSelectedText() {
  const selected = useRef('')
  useEffect(() => {
    const remember = () => {
      const text = String(getSelection() ?? '')
        .replace(/\s+/g, ' ')
        .trim()
      if (text) selected.current = text.slice(0, MAX_CHARACTERS.written)
    }
    document.addEventListener('selectionchange', remember)
    return () => document.removeEventListener('selectionchange', remember)
  }, [])
  return selected
}
