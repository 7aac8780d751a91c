import { t } from '../texts'

/** Shown above a text that has been replaced since the recording was made of it. */
export function EarlierText({ onShowCurrent }: { onShowCurrent: () => void }) {
  return (
    <aside class="earlier-text">
      <p>{t.reader.earlierText}</p>
      <button type="button" class="plain" onClick={onShowCurrent}>
        {t.reader.showCurrentText}
      </button>
    </aside>
  )
}
