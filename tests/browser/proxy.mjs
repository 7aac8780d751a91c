// A proxy between a browser and the stack. It takes the network away, for engines whose driver cannot, and serves the page as another release.
import { Agent, createServer, request as sendRequest } from 'node:http'

const FILE = /((?:assets\/|\.\/)[\w.-]+)\.(js|css)\b/g     // names of the page's files, in each other
const BUILD = /(const BUILD = ")/
const ENTRIES = new Set(['/', '/sw.js'])
const SUFFIX = /\.release-\d+(?=\.(js|css)$)/

/**
 * Start a proxy. `disconnect(true)` ends all connections and refuses new ones. `release(number)` deploys the page again: its files have
 * other names from then on, and those of the deployment before are still there.
 */
export async function startProxy() {
  const agent = new Agent({ keepAlive: true })
  const sockets = new Set()
  let isOffline = false
  let newest = ''
  const rename = (text, suffix) => text.replaceAll(FILE, `$1${suffix}.$2`).replace(BUILD, `$1${suffix}`)
  const proxy = createServer((request, response) => {
    const { hostname, port, pathname, search } = new URL(request.url)
    const suffix = ENTRIES.has(pathname) ? newest : (SUFFIX.exec(pathname)?.[0] ?? '')
    const { 'accept-encoding': encoding, 'if-none-match': etag, ...others } = request.headers
    const headers = suffix ? others : request.headers
    const path = pathname.replace(SUFFIX, '') + search
    const upstream = sendRequest({ agent, hostname, port, path, method: request.method, headers }, async (answer) => {
      if (!suffix) {
        response.writeHead(answer.statusCode, answer.headers)
        answer.pipe(response)
        return
      }
      const content = Buffer.from(rename((await answer.setEncoding('utf8').toArray()).join(''), suffix))
      response.writeHead(answer.statusCode, { ...answer.headers, 'content-length': content.length }).end(content)
    })
    upstream.on('error', () => response.destroy())
    response.on('close', () => upstream.destroy())
    request.pipe(upstream)
  })
  proxy.on('connection', (socket) => {
    if (isOffline) return socket.destroy()
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  proxy.unref()
  return {
    port: proxy.address().port,
    disconnect(value) {
      isOffline = value
      if (isOffline) for (const socket of sockets) socket.destroy()
    },
    release(number) {
      newest = `.release-${number}`
    },
  }
}
