import { useEffect, useState } from 'preact/hooks'
import { call, type Page } from '../api/client'
import { Name } from '../parts/Name'
import { t } from '../texts'
import type { UsedTag } from './model'
import { completeTag, suggestTags } from './tagText'

const DEBOUNCE_MS = 150
const MAX_SUGGESTIONS = 8 // two lines

/** Tags that the last word of a list of tags may be the beginning of; one press completes it. */
export function TagSuggestions({ text, onText }: { text: string; onText: (text: string) => void }) {
  const [tags, setTags] = useState<UsedTag[]>([])
  const typed = text.split(',').at(-1)?.trim() ?? ''
  useEffect(() => {
    const controller = new AbortController()
    const timer = setTimeout(async () => {
      const options = { query: { q: typed || null, limit: 100 }, signal: controller.signal }
      // Without suggestions a tag can be typed as well.
      const page = await call<Page<UsedTag>>('GET', '/v1/tags', options).catch(() => null)
      if (page) setTags(page.items)
    }, DEBOUNCE_MS)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [typed])
  const suggestions = suggestTags(tags, text).slice(0, MAX_SUGGESTIONS)
  return (
    <fieldset class="tag-suggestions">
      <legend class="visually-hidden">{t.library.tagSuggestions}</legend>
      {suggestions.map(({ tag }) => (
        <button key={tag} type="button" class="tag" onClick={() => onText(completeTag(text, tag))}>
          <Name>{tag}</Name>
        </button>
      ))}
    </fieldset>
  )
}
