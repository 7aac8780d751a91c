import { useEffect } from 'preact/hooks'
import { t } from '../texts'
import { announceToScreenReader } from './toasts'

let lastTitle = ''

/** Set the document's title to the screen's name. After the first load, which screen readers read out themselves, announce it. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === t.name ? t.name : `${title} · ${t.name}`
    if (lastTitle && title !== lastTitle && title !== t.name) announceToScreenReader(title)
    lastTitle = title
  }, [title])
}
