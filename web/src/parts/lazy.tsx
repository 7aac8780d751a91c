import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { errorMessage } from '../api/problem'
import { t } from '../texts'

/** A component whose code is loaded when it first renders. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | null = null
  return function Lazy(props: P) {
    const [, rerender] = useState(0)
    const [error, setError] = useState('')
    useEffect(() => {
      if (loaded) return
      load().then(
        (component) => {
          loaded = component
          rerender((n) => n + 1)
        },
        (problem) => setError(errorMessage(problem)),
      )
    }, [])
    const Loaded = loaded
    if (Loaded) return <Loaded {...props} />
    if (error)
      return (
        <div class="empty-state" role="alert">
          <p>{error}</p>
          <button type="button" class="plain" onClick={() => location.reload()}>
            {t.shell.reload}
          </button>
        </div>
      )
    return <output class="spinner" aria-label={t.loading} />
  }
}
