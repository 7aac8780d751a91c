import { useEffect } from 'preact/hooks'
import { t } from '../texts'
import { announce } from './toasts'

let last = ''

/** The room's name in the browser's title. Screen readers say that by themselves when a page is loaded; after that it is told. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === t.name ? t.name : `${title} · ${t.name}`
    if (last && title !== last && title !== t.name) announce(title)
    last = title
  }, [title])
}
