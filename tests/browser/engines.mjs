// Three browsers behind one small interface, so that a journey is written once:
//   open(url) · reload() · run(expression) · tap(x, y) · type(text) · press(key) · choose(css, paths) · resize(width, height)
//   drag(from, to) · disconnect(isOffline) · release(name) · screenshot(path) · messages (of the console and of failed requests) · close()
// `run` evaluates an expression in the page, awaits it and returns its value; `release`: see proxy.mjs (in Chromium if the job `isProxied`).
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start } from './chromium.mjs'
import { startProxy } from './proxy.mjs'

const errorRecorder = readFileSync(new URL('error_recorder.js', import.meta.url), 'utf8')

/** Record console messages and failed requests: Playwright and Puppeteer have the same events. */
function recordMessages(page, messages) {
  page.on('console', (message) => { if (['error', 'warning', 'warn'].includes(message.type())) messages.push(message.text() + failedAddress(message)) })
  page.on('pageerror', (error) => messages.push(String(error.stack ?? error)))
  page.on('response', (response) => {
    const { pathname } = new URL(response.url())
    if (response.status() >= 400) messages.push(`failed request: ${response.status()} ${pathname}`)
    else if (messages.some((text) => text.endsWith(` ${pathname}`))) messages.push(`answered: ${pathname}`)
  })
}

/** Return the path of the request that Chromium's message is about: its text has none. */
function failedAddress(message) {
  const { url } = message.location() ?? {}
  return message.text().startsWith('Failed to load resource: the server responded') && url ? ` ${new URL(url).pathname}` : ''
}

/** Press at one point, move to another and release: Playwright and Puppeteer have the same mouse. */
async function dragMouse(mouse, from, to) {
  await mouse.move(from.x, from.y)
  await mouse.down()
  await mouse.move(to.x, to.y, { steps: 6 })
  await mouse.up()
}

async function chromium({ programs, width, height, theme, isProxied }) {
  const browser = await start(programs[0])
  const proxy = isProxied ? await startProxy() : null
  const server = proxy && { server: `http://127.0.0.1:${proxy.port}`, bypass: '<-loopback>' }
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, hasTouch: width < 600, ...(server && { proxy: server }) })
  const page = await context.newPage()
  const messages = []
  recordMessages(page, messages)
  await page.addInitScript(errorRecorder)
  return {
    page, context, messages,
    open: (url) => page.goto(url),
    reload: () => page.reload(),
    run: (expression) => page.evaluate(expression),
    tap: (x, y) => page.mouse.click(x, y),
    drag: (from, to) => dragMouse(page.mouse, from, to),
    disconnect: (isOffline) => {
      proxy?.disconnect(isOffline)     // service workers, too
      return context.setOffline(isOffline)
    },
    release: proxy?.release,
    type: (text) => page.keyboard.insertText(text),
    press: (key) => page.keyboard.press(key),
    choose: (css, paths) => page.setInputFiles(css, paths),
    resize: (w, h) => page.setViewportSize({ width: w, height: h }),
    screenshot: (path) => page.screenshot({ path }),
    close: () => browser.close(),
  }
}

/** Start a silent sound card: Firefox and WebKitGTK play nothing without one. Return the environment that selects it; it ends with this process. */
async function startSoundCard(pulseaudio) {
  const folder = mkdtempSync(join(tmpdir(), 'sound-'))
  const socket = join(folder, 'native')
  const server = spawn(
    pulseaudio,
    ['-n', '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=-1', '--load=module-null-sink', `--load=module-native-protocol-unix auth-anonymous=1 socket=${socket}`],
    { stdio: 'ignore', env: { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder } },
  )
  process.once('exit', () => {
    server.kill()
    rmSync(folder, { recursive: true, force: true })
  })
  await waitUntil(() => existsSync(socket), 'pulseaudio')
  return { PULSE_SERVER: `unix:${socket}` }
}

/** Firefox by WebDriver BiDi. */
async function firefox({ programs: [executablePath, pulseaudio], width, height, theme }) {
  const { default: puppeteer } = await import('puppeteer-core')
  const proxy = await startProxy()
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    env: { ...process.env, ...(await startSoundCard(pulseaudio)) },
    extraPrefsFirefox: {
      'network.proxy.type': 1,
      'network.proxy.http': '127.0.0.1',
      'network.proxy.http_port': proxy.port,
      'network.proxy.no_proxies_on': '',
      'network.proxy.allow_hijacking_localhost': true,
      'media.autoplay.default': 0,
      'media.autoplay.blocking_policy': 0,
      'layout.css.prefers-color-scheme.content-override': theme === 'dark' ? 0 : 1,
    },
  })
  const page = await browser.newPage()
  const messages = []
  recordMessages(page, messages)
  await page.setViewport({ width, height })
  await page.evaluateOnNewDocument(errorRecorder)
  return {
    messages,
    open: (url) => page.goto(url),
    reload: () => page.reload(),
    run: (expression) => page.evaluate(expression),
    tap: (x, y) => page.mouse.click(x, y),
    drag: (from, to) => dragMouse(page.mouse, from, to),
    disconnect: proxy.disconnect,
    release: proxy.release,
    type: (text) => page.keyboard.type(text),
    press: (key) => page.keyboard.press(key),
    choose: async (css, paths) => (await page.$(css)).uploadFile(...paths),
    resize: (w, h) => page.setViewport({ width: w, height: h }),
    screenshot: (path) => page.screenshot({ path }),
    close: () => browser.close(),
  }
}

const KEYS = { Escape: '\uE00C', Enter: '\uE007', Tab: '\uE004', PageUp: '\uE00E', PageDown: '\uE00F' }

/** WebKitGTK by W3C WebDriver, on a virtual screen. */
async function webkit({ programs: [driver, miniBrowser, xvfb, pulseaudio], width, height, theme }) {
  const folder = mkdtempSync(join(tmpdir(), 'webkit-'))
  const screen = spawn(xvfb, ['-displayfd', '3', '-screen', '0', '1400x900x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const display = await new Promise((resolve, reject) => {
    screen.stdio[3].once('data', (number) => resolve(`:${String(number).trim()}`))
    screen.once('exit', () => reject(new Error('Xvfb ended')))
  })
  const port = await freePort()
  const proxy = await startProxy()
  const server = spawn(driver, ['-p', String(port)], {
    stdio: 'ignore',
    env: {
      ...process.env,
      ...(await startSoundCard(pulseaudio)),
      DISPLAY: display,
      XDG_RUNTIME_DIR: folder,
      GTK_THEME: theme === 'dark' ? 'Adwaita:dark' : 'Adwaita',
      LIBGL_ALWAYS_SOFTWARE: '1',
      ...(process.getuid() === 0 ? { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' } : {}),     // bubblewrap does not run as root
    },
  })
  let session = ''
  const call = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${session}${path}`, { method, body: body && JSON.stringify(body) })
    const { value } = await response.json()
    if (!response.ok) throw new Error(`${method} ${path}: ${value.error} ${value.message}`)
    return value
  }
  process.once('exit', () => {
    server.kill()
    screen.kill()
    rmSync(folder, { recursive: true, force: true })
  })
  await waitUntil(() => fetch(`http://127.0.0.1:${port}/status`).then((response) => response.ok, () => false), 'WebKitWebDriver')
  const options = { binary: miniBrowser, args: ['--automation', '--full-screen'] }     // without toolbars, so that the window can be narrow
  const { sessionId } = await call('POST', '/session', {
    capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options, proxy: { proxyType: 'manual', httpProxy: `127.0.0.1:${proxy.port}` } } },
  })
  session = `/session/${sessionId}`
  await call('POST', '/timeouts', { script: 120_000, pageLoad: 60_000 })
  const run = async (expression) => {
    const script = `const done = arguments[0]; Promise.resolve(${expression}).then((value) => done({ value }), (error) => done({ error: String(error?.stack ?? error) }))`
    const { value, error } = await call('POST', '/execute/async', { script, args: [] })
    if (error) throw new Error(error)
    return value ?? undefined
  }
  const resize = (w, h) => call('POST', '/window/rect', { width: w, height: h })
  // WebDriver cannot run it earlier: errors of the first scripts are only recorded in the other engines.
  const recordErrors = () => run(errorRecorder)
  const performActions = (...actions) => call('POST', '/actions', { actions })
  const moveTo = ({ x, y }) => ({ type: 'pointerMove', duration: 0, x: Math.round(x), y: Math.round(y) })
  const useMouse = (...actions) => performActions({ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions })
  const pressKeys = (keys) => performActions({ type: 'key', id: 'keys', actions: keys.flatMap((value) => [{ type: 'keyDown', value }, { type: 'keyUp', value }]) })
  await resize(width, height)
  return {
    messages: [],
    open: async (url) => {
      await call('POST', '/url', { url })
      await recordErrors()
    },
    reload: async () => {
      await call('POST', '/refresh', {})
      await recordErrors()
    },
    run,
    tap: (x, y) => useMouse(moveTo({ x, y }), { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }),
    drag: (from, to) =>
      useMouse(moveTo(from), { type: 'pointerDown', button: 0 }, moveTo({ x: (from.x + to.x) / 2, y: to.y }), moveTo(to), { type: 'pointerUp', button: 0 }),
    disconnect: proxy.disconnect,
    release: proxy.release,
    type: (text) => pressKeys([...text]),
    press: (key) => pressKeys([KEYS[key]]),
    choose: async (css, paths) => {
      const element = await call('POST', '/element', { using: 'css selector', value: css })
      await call('POST', `/element/${Object.values(element)[0]}/value`, { text: paths.join('\n') })
    },
    resize,
    screenshot: async (path) => writeFileSync(path, Buffer.from(await call('GET', '/screenshot'), 'base64')),
    close: () => call('DELETE', '').catch(() => undefined),
  }
}

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

async function waitUntil(isReady, name) {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await isReady()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${name} did not start`)
}

export const engines = { chromium, firefox, webkit }
