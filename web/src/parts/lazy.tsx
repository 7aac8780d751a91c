import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { sentence } from '../api/problem'
import { t } from '../texts'

/** A room whose code is loaded when somebody goes there. */
export function lazily<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | null = null
  return function Lazy(props: P) {
    const [, again] = useState(0)
    const [error, setError] = useState('')
    useEffect(() => {
      if (loaded) return
      load().then(
        (component) => {
          loaded = component
          again((n) => n + 1)
        },
        (problem) => setError(sentence(problem)),
      )
    }, [])
    const Loaded = loaded
    if (Loaded) return <Loaded {...props} />
    if (error)
      return (
        <div class="nothing" role="alert">
          <p>{error}</p>
          <button type="button" class="plain" onClick={() => location.reload()}>
            {t.shell.reload}
          </button>
        </div>
      )
    return <output class="spinner" aria-label={t.loading} />
  }
}
