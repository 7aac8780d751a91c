import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { errorMessage, Problem } from '../api/problem'
import { network, reconnections } from '../platform/network'
import { t, withScreenTexts } from '../texts'

const RELOADED_AT = 'visionary.reloadedAt'
const RELOAD_INTERVAL_MS = 60_000

/** Reload an old page whose files have been replaced by a new release, but not again and again. */
function reloadOnce(): boolean {
  if (Date.now() - Number(sessionStorage.getItem(RELOADED_AT)) < RELOAD_INTERVAL_MS) return false
  sessionStorage.setItem(RELOADED_AT, String(Date.now()))
  location.reload()
  return true
}

/** Show an element above all others, like the dialog that it stands for: bars with a filter would hold it inside. */
function showPopover(element: HTMLElement | null): void {
  if (element?.popover) element.showPopover()
}

interface Options {
  /** True if it shows only texts of the first screen. */
  hasTexts?: boolean
  isDialog?: boolean
}

/** A component whose code and texts are loaded when it first renders. */
export function lazy<P extends object>(
  load: () => Promise<ComponentType<P>>,
  { hasTexts = false, isDialog = false }: Options = {},
): ComponentType<P> {
  let loaded: ComponentType<P> | null = null
  return function Lazy(props: P) {
    const [, rerender] = useState(0)
    const [error, setError] = useState('')
    useEffect(() => {
      if (loaded) return
      const loading = hasTexts ? load() : withScreenTexts(load())
      loading.then(
        (component) => {
          loaded = component
          rerender((n) => n + 1)
        },
        (problem) => {
          // A browser remembers that a module could not be loaded: only a new page loads it.
          if (network.peek() === 'online' && reloadOnce()) return
          setError(errorMessage(problem instanceof TypeError ? Problem.unreachable() : problem))
        },
      )
    }, [])
    useEffect(() => {
      if (error) location.reload()
    }, [reconnections.value])
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
    return <output class="spinner" popover={isDialog ? 'manual' : undefined} ref={showPopover} aria-label={t.loading} />
  }
}
