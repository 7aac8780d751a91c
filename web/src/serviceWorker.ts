import { toast } from './parts/toasts'
import { t } from './texts'

const BUILD_KEY = 'visionary.build'

/** Start the service worker, and say when a new release has replaced the page or is about to. */
export function registerServiceWorker(): void {
  const build = new URL(import.meta.url).pathname // its name has a hash of the content
  const previous = localStorage.getItem(BUILD_KEY)
  localStorage.setItem(BUILD_KEY, build)
  if (previous && previous !== build) toast(t.offline.updated)
  if (!('serviceWorker' in navigator)) return
  void navigator.serviceWorker
    .register('sw.js')
    .then((registration) => {
      const isFirst = !navigator.serviceWorker.controller
      registration.addEventListener('updatefound', () => {
        const worker = registration.installing
        worker?.addEventListener('statechange', () => {
          if (worker.state === 'activated' && !isFirst) void offerRestart(build)
        })
      })
      // A page that stays open learns of a new release once it is looked at again.
      addEventListener('visibilitychange', () => {
        if (document.visibilityState === 'visible') void registration.update().catch(() => undefined)
      })
    })
    .catch(() => undefined) // blocked in some private windows: the page works without it
}

/** Say that a new release waits, unless this page is of it: then its worker came after it. */
async function offerRestart(build: string): Promise<void> {
  const entry = await fetch('./', { cache: 'no-cache' }).then(
    (response) => response.text(),
    () => '',
  )
  if (entry.includes(build.split('/').pop() ?? build)) return
  toast(t.offline.updateReady, { action: { label: t.offline.restart, onSelect: () => location.reload() } })
}
