import { useState } from 'preact/hooks'
import { t } from '../../texts'

/** The current page number, as a field to go to another page. */
export function PageField({ page, count, onPage }: { page: number; count: number; onPage: (page: number) => void }) {
  const [text, setText] = useState<string | null>(null)
  return (
    <form
      class="page-field"
      onSubmit={(event) => {
        event.preventDefault()
        const requested = Math.round(Number(text))
        if (requested >= 1) onPage(Math.min(requested, count))
        setText(null)
      }}
    >
      <label>
        {t.reader.page}
        <input
          inputMode="numeric"
          size={4}
          aria-label={t.reader.goToPage}
          value={text ?? String(page)}
          onInput={(event) => setText(event.currentTarget.value)}
          onFocus={(event) => event.currentTarget.select()}
          onBlur={() => setText(null)}
        />
      </label>
      <span>{t.reader.ofPages(count)}</span>
    </form>
  )
}
