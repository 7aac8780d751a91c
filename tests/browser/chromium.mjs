// Chromium as every test here starts it.
import { chromium } from 'playwright-core'

/** `origin` is answered by this process, on `port`: a page of an origin that the deployment knows. */
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
