import { useEffect } from 'preact/hooks'
import { t } from '../texts'

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === t.name ? t.name : `${title} · ${t.name}`
  }, [title])
}
