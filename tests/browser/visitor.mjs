// A person in front of a page: presses what has a name, waits for what comes, and looks at it closely.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { engines } from './engines.mjs'

const PATIENCE_MS = 120_000
const LOOK_EVERY_MS = 50
const NARROWEST = 320     // that must do: WCAG's 1.4.10, also what 400 % of zoom leaves of 1280

const probe = await build({
  entryPoints: [fileURLToPath(new URL('probe.js', import.meta.url))],
  bundle: true, minify: true, write: false, format: 'iife', globalName: 'probed', target: 'es2022', logLevel: 'error',
  footer: { js: 'window.probe = probed' },
}).then(({ outputFiles }) => outputFiles[0].text)

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const plain = (value) => JSON.stringify(value, (_, part) => (part instanceof RegExp ? { pattern: part.source } : part))

export class Visitor {
  screens = {}

  /** `job` is {engine, programs, width, theme, pictures?}. */
  static async come(job) {
    const visitor = new Visitor()
    visitor.job = job
    visitor.height = job.width < 600 ? 844 : 800
    visitor.engine = await engines[job.engine]({ ...job, height: visitor.height })
    return visitor
  }

  get isNarrow() { return this.job.width < 860 }

  async open(url) {
    await this.keepTrouble()
    await this.engine.open(url)
  }

  async reload() {
    await this.keepTrouble()
    await this.engine.reload()
  }

  /** What a function answers in the page; its arguments are plain values. */
  async ask(work, ...given) {
    const expression = `window.probe ? Promise.resolve((${work})(${given.map((value) => plain(value) ?? 'undefined').join()})).then((value) => ({ value })) : null`
    const answer = await this.engine.run(expression)
    if (answer) return answer.value
    await this.engine.run(`(() => { ${probe} })()`)
    return (await this.engine.run(expression)).value
  }

  /** What a function answers in the page as soon as that is true. */
  async until(work, ...given) {
    const until = Date.now() + PATIENCE_MS
    for (;;) {
      const answer = await this.ask(work, ...given)
      if (answer) return answer
      if (Date.now() > until) throw new Error(`it never came: ${work} ${plain(given)}`)
      await sleep(LOOK_EVERY_MS)
    }
  }

  see(role, name) { return this.until((what) => probe.isThere(what), { role, name }) }
  seeAny(css) { return this.until((what) => probe.isThere(what), { css }) }
  text(css) { return this.until((selector) => document.querySelector(selector)?.innerText, css) }

  async tap(what, offset) {
    const { x, y } = await this.until((wanted, at) => probe.placeOf(wanted, at), what, offset)
    await this.engine.tap(x, y)
  }

  press(role, name) { return this.tap({ role, name }) }
  check(label) { return this.tap({ label }) }

  async fill(label, text) {
    await this.tap({ label })
    await this.engine.type(text)
    await this.until((wanted, value) => document.activeElement.value === value, label, text)
  }

  async key(name) { await this.engine.press(name) }

  async choose(css, paths) {
    await this.seeAny(css)
    await this.engine.choose(css, paths)
  }

  /** The room of the page at this address. */
  go(path) { return this.ask((hash) => { location.hash = hash }, path) }

  /** Barriers, and whether it is wider than the window. */
  async look(name) {
    const { job, engine } = this
    const violations = await this.ask(() => probe.barriers())
    if (job.pictures) await engine.picture(`${job.pictures}/${name}-${job.engine}-${job.width}-${job.theme}.png`)
    let tooWide = await this.ask(() => probe.isTooWide())
    if (this.isNarrow) {
      await engine.resize(NARROWEST, this.height)
      tooWide ||= await this.ask(() => probe.isTooWide())
      await engine.resize(job.width, this.height)
    }
    this.screens[name] = { violations, tooWide }
  }

  async keepTrouble() {
    this.engine.said.push(...((await this.engine.run('window.trouble?.splice(0) ?? []').catch(() => [])) ?? []))
  }

  /** All that the console and the network complained about. */
  async complaints() {
    await this.keepTrouble()
    return [...new Set(this.engine.said)]
  }

  leave() { return this.engine.close() }
}
