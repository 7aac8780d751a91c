import { useEffect } from 'preact/hooks'
import { t } from '../texts'
import { announceToScreenReader } from './toasts'

let lastTitle = ''

/** Set the document's title and announce it to screen readers, except on the first load: they read that title by themselves. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === t.name ? t.name : `${title} · ${t.name}`
    if (lastTitle && title !== lastTitle && title !== t.name) announceToScreenReader(title)
    lastTitle = title
  }, [title])
}
