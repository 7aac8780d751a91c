// Starts Chromium with the flags of all tests.
import { chromium } from 'playwright-core'

/** With `origin`, requests to it go to `port` of this machine: the origin of a page that the deployment allows. */
export function start(executablePath, { origin, port } = {}) {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--autoplay-policy=no-user-gesture-required', '--mute-audio',
      ...(origin ? [`--host-resolver-rules=MAP ${new URL(origin).host} 127.0.0.1:${port}`] : []),
    ],
  })
}
