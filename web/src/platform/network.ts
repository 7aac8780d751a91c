import { signal } from '@preact/signals'
import { loadConfig } from './config'

/** `offline`: the browser has no network. `unreachable`: it has one, but the server does not respond. */
export type Network = 'online' | 'offline' | 'unreachable'

const PROBE_DELAYS_MS = [1000, 3000, 8000, 20_000]
const STABLE_AFTER_MS = 60_000 // a connection that breaks again sooner is probed less often

export const network = signal<Network>(isDisconnected() ? 'offline' : 'online')
/** Incremented when the server can be reached again: what could not be loaded meanwhile is loaded again. */
export const reconnections = signal(0)

/** Wait until the server can be reached again. */
export function reconnection(): Promise<void> {
  const before = reconnections.peek()
  return new Promise((resolve) => {
    const stop = reconnections.subscribe((now) => {
      if (now === before) return
      resolve()
      queueMicrotask(() => stop())
    })
  })
}

let timer: ReturnType<typeof setTimeout> | undefined
let probes = 0
let reconnectedAt = 0

function isDisconnected(): boolean {
  return globalThis.navigator?.onLine === false
}

/** Note that a request got a response. */
export function reportReached(): void {
  clearTimeout(timer)
  timer = undefined
  if (network.peek() === 'online') return
  network.value = 'online'
  reconnectedAt = Date.now()
  reconnections.value++
}

/** Note that a request got no response. The server is asked until it responds. */
export function reportUnreachable(): void {
  if (network.peek() === 'online' && Date.now() - reconnectedAt > STABLE_AFTER_MS) probes = 0
  network.value = isDisconnected() ? 'offline' : 'unreachable'
  if (network.peek() === 'unreachable') scheduleProbe()
}

function scheduleProbe(): void {
  timer ??= setTimeout(() => void probe(), PROBE_DELAYS_MS[Math.min(probes++, PROBE_DELAYS_MS.length - 1)])
}

async function probe(): Promise<void> {
  timer = undefined
  if (isDisconnected()) return // the event `online` continues
  try {
    await fetch(`${(await loadConfig()).api}/health/live`, { cache: 'no-store' })
    reportReached()
  } catch {
    scheduleProbe()
  }
}

addEventListener('offline', () => {
  network.value = 'offline'
})
addEventListener('online', () => {
  clearTimeout(timer)
  void probe()
})
