import { useId, useState } from 'preact/hooks'
import { MAX_CHARACTERS } from '../api/limits'
import { FormDialog } from '../parts/FormDialog'
import { Name } from '../parts/Name'
import { t } from '../texts'

interface Props {
  /** The passage that the note is about. */
  quote: string
  note: string
  /** Called with null if the note is empty. An error that it throws is shown in the dialog. */
  onSave: (note: string | null) => Promise<unknown>
  onClose: () => void
}

/** A dialog to write a note. */
export function NoteDialog({ quote, note, onSave, onClose }: Props) {
  const [text, setText] = useState(note)
  const id = useId()
  return (
    <FormDialog title={t.annotations.note} action={t.save} onClose={onClose} onSubmit={() => onSave(text.trim() || null)}>
      {quote && (
        <blockquote class="annotation-quote">
          <Name>{quote}</Name>
        </blockquote>
      )}
      <div class="field">
        <label for={id}>{t.annotations.yourNote}</label>
        <textarea
          id={id}
          rows={6}
          dir="auto"
          value={text}
          maxLength={MAX_CHARACTERS.note}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </div>
    </FormDialog>
  )
}
