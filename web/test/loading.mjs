// Loads modules of the page in Node, through Vite. Its server stays open until the process is ended (`--test-force-exit`):
// closing it sometimes never ends.
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'

const server = await createServer({
  configFile: false,
  root: fileURLToPath(new URL('..', import.meta.url)),
  appType: 'custom',
  logLevel: 'error',
  server: { middlewareMode: true, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true },
})

export const load = (path) => server.ssrLoadModule(`/src/${path}`)
