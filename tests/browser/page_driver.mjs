// Drives the page in any engine as a user would: finds elements by role, label or CSS, waits for them, and checks what is shown.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { engines } from './engines.mjs'

const TIMEOUT_MS = 240_000     // on a busy machine, a recording takes minutes
const POLL_INTERVAL_MS = 50
const MIN_WIDTH_PX = 320     // WCAG 1.4.10: also the width that 400 % zoom leaves of 1280
const UNAVAILABLE = /^(failed request: 50[234]|Failed to load resource: .* status of 50[234]\b)/

const probe = await build({
  entryPoints: [fileURLToPath(new URL('probe.js', import.meta.url))],
  bundle: true, minify: true, write: false, format: 'iife', globalName: 'bundledProbe', target: 'es2022', logLevel: 'error',
  footer: { js: 'window.probe = bundledProbe' },
}).then(({ outputFiles }) => outputFiles[0].text)

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const serialize = (value) => JSON.stringify(value, (_, part) => (part instanceof RegExp ? { pattern: part.source } : part))

export class PageDriver {
  /** Violations and overflow by screen. */
  screens = {}

  /** Start the browser of a job: {engine, programs, width, theme, pictures?}. */
  static async launch(job) {
    const driver = new PageDriver()
    driver.job = job
    driver.height = job.width < 600 ? 844 : 800
    driver.engine = await engines[job.engine]({ ...job, height: driver.height })
    return driver
  }

  get isNarrow() { return this.job.width < 860 }

  async open(url) {
    await this.collectErrors()
    await this.engine.open(url)
  }

  async reload() {
    await this.collectErrors()
    await this.engine.reload()
  }

  /** Run a function in the page and return its result. The arguments must be serializable. */
  async evaluate(work, ...parameters) {
    const list = parameters.map((value) => serialize(value) ?? 'undefined').join()
    const expression = `window.probe ? Promise.resolve((${work})(${list})).then((value) => ({ value })) : null`
    const result = await this.engine.run(expression)
    if (result) return result.value
    await this.engine.run(`(() => { ${probe} })()`)
    return (await this.engine.run(expression)).value
  }

  /** Run a function in the page until its result is truthy, and return that. */
  async waitFor(work, ...parameters) {
    const deadline = Date.now() + TIMEOUT_MS
    for (;;) {
      const result = await this.evaluate(work, ...parameters)
      if (result) return result
      if (Date.now() > deadline) throw new Error(`timed out: ${work} ${serialize(parameters)}`)
      await sleep(POLL_INTERVAL_MS)
    }
  }

  waitForRole(role, name) { return this.waitFor((query) => probe.exists(query), { role, name }) }
  waitForSelector(css) { return this.waitFor((query) => probe.exists(query), { css }) }
  textOf(css) { return this.waitFor((selector) => document.querySelector(selector)?.innerText, css) }

  async tap(query, offset) {
    const { x, y } = await this.waitFor((target, at) => probe.clickPoint(target, at), query, offset)
    await this.engine.tap(x, y)
  }

  press(role, name) { return this.tap({ role, name }) }
  tapLabel(label) { return this.tap({ label }) }

  async fill(label, text) {
    await this.tap({ label })
    await this.engine.type(text)
    await this.waitFor((_, value) => document.activeElement.value === value, label, text)
  }

  async pressKey(name) { await this.engine.press(name) }

  async chooseFiles(css, paths) {
    await this.waitForSelector(css)
    await this.engine.choose(css, paths)
  }

  /** Go to a screen of the page. */
  navigate(path) { return this.evaluate((hash) => { location.hash = hash }, path) }

  /** Record the screen's accessibility violations, and whether it is wider than the window. */
  async inspect(name) {
    const { job, engine } = this
    const violations = await this.evaluate(() => probe.axeViolations())
    if (job.pictures) await engine.screenshot(`${job.pictures}/${name}-${job.engine}-${job.width}-${job.theme}.png`)
    let tooWide = await this.evaluate(() => probe.overflowsHorizontally())
    if (this.isNarrow) {
      const width = await this.evaluate(() => innerWidth)
      await engine.resize(MIN_WIDTH_PX, this.height)
      tooWide ||= await this.evaluate(() => probe.overflowsHorizontally())
      await engine.resize(job.width, this.height)
      await this.waitFor((before) => innerWidth === before && probe.followsWindow(), width)     // what is pressed next has its place
    }
    this.screens[name] = { violations, tooWide }
  }

  async collectErrors() {
    this.engine.messages.push(...((await this.engine.run('window.recordedErrors?.splice(0) ?? []').catch(() => [])) ?? []))
  }

  /**
   * Return all errors and warnings of the console and failed requests, without duplicates. A request for which a service was unavailable
   * counts when no later one was answered: the page repeats it, as the API asks for, and a busy machine may need that.
   */
  async errors() {
    await this.collectErrors()
    const { messages } = this.engine
    const isAnswered = (text, index) =>
      UNAVAILABLE.test(text) && messages.lastIndexOf(`answered: ${text.slice(text.lastIndexOf(' ') + 1)}`) > index
    return [...new Set(messages.filter((text, index) => !text.startsWith('answered: ') && !isAnswered(text, index)))]
  }

  close() { return this.engine.close() }
}
