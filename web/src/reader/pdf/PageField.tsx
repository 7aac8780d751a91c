import { useState } from 'preact/hooks'
import { t } from '../../texts/index'

/** Which page one is on, and the way to another one. */
export function PageField({ page, count, onPage }: { page: number; count: number; onPage: (page: number) => void }) {
  const [text, setText] = useState<string | null>(null)
  return (
    <form
      class="page-field"
      onSubmit={(event) => {
        event.preventDefault()
        const wanted = Math.round(Number(text))
        if (wanted >= 1) onPage(Math.min(wanted, count))
        setText(null)
      }}
    >
      <label>
        {t.reader.page}
        <input
          inputMode="numeric"
          size={4}
          aria-label={t.reader.jump}
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
