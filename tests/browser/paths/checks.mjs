// Requirements of WCAG 2.2 AA that axe-core does not check. Each check returns the faults of the current screen, in words.
import { tab } from './tab.mjs'

/** Install helpers in the page before its own scripts: names of elements, visible elements, and a record of animations. */
export const prepare = () => tab.addInitScript(() => {
  const nameOf = (element) => element.getAttribute('aria-label') || element.labels?.[0]?.innerText || element.innerText || element.getAttribute('title') || ''
  const root = () => [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body
  const isVisible = (element) => element.checkVisibility({ checkOpacity: false, visibilityProperty: true }) && !element.closest('.visually-hidden, [aria-hidden=true]') && element.getBoundingClientRect().width > 0
  window.checks = {
    nameOf: (element) => `<${element.localName}> ${nameOf(element).replaceAll(/\s+/g, ' ').slice(0, 40)}`,
    all: (css) => [...root().querySelectorAll(css)].filter(isVisible),
    animations: [],
  }
  for (const kind of ['animationstart', 'transitionrun'])
    addEventListener(kind, ({ target }) => {
      for (const animation of target.getAnimations({ subtree: true }))
        window.checks.animations.push({ what: `${window.checks.nameOf(target)} ${kind} ${animation.animationName ?? animation.transitionProperty}`, ms: animation.effect.getComputedTiming().activeDuration })
    }, true)
})

/** 2.4.7 and 2.4.11: Tab reaches every element, and the focused one is in the window, uncovered and looks different. */
export async function invisibleFocus() {
  await tab.evaluate(() => { window.walk = { visited: new Set(), faults: [], previous: null, outside: 0 } })
  for (let steps = 0; steps < 200; steps++) {
    await tab.keyboard.press('Tab')
    if (await tab.evaluate(checkFocus)) break
  }
  return tab.evaluate(() => (window.walk.visited.size ? window.walk.faults : ['Tab reaches nothing']))
}

/** Runs in the page. Return true when Tab has reached every element. */
async function checkFocus() {
  await new Promise(requestAnimationFrame)
  const { walk } = window
  const addFault = (element, fault) => walk.faults.push(`${window.checks.nameOf(element)}: ${fault}`)
  const PROPERTIES = ['outlineStyle', 'outlineWidth', 'boxShadow', 'borderColor', 'backgroundColor', 'color', 'textDecorationLine', 'opacity']
  const lookOf = (element) => ['', '::before', '::after'].map((part) => PROPERTIES.map((name) => getComputedStyle(element, part || null)[name]).join()).join()
  if (walk.previous?.element.isConnected && lookOf(walk.previous.element) === walk.previous.look) addFault(walk.previous.element, 'looks the same with and without focus')
  walk.previous = null
  const element = document.activeElement
  if (!element || element === document.body || element.localName === 'dialog') return ++walk.outside > 3
  if (walk.visited.has(element)) return !element.matches('audio, video')     // they have several focusable controls
  walk.visited.add(element)
  walk.previous = { element, look: lookOf(element) }
  const box = element.getClientRects()[0]
  const [left, top] = [Math.max(0, box.left), Math.max(0, box.top)]
  const [right, bottom] = [Math.min(innerWidth, box.right), Math.min(innerHeight, box.bottom)]
  const isLarge = box.width > innerWidth * 0.9 || box.height > innerHeight / 2
  if (right - left < 4 || bottom - top < 4 || (!isLarge && (box.top < -1 || box.bottom > innerHeight + 1 || box.left < -1 || box.right > innerWidth + 1))) {
    addFault(element, `is not in the window, but at ${Math.round(box.left)}, ${Math.round(box.top)} to ${Math.round(box.right)}, ${Math.round(box.bottom)}`)
    return false
  }
  const [x, y] = [(left + right) / 2, (top + bottom) / 2]
  const points = isLarge ? [[x, y]] : [[x, y], [x, top + 2], [x, bottom - 2], [left + 2, y], [right - 2, y]]
  for (const [pointX, pointY] of points) {
    const hit = document.elementFromPoint(pointX, pointY)
    const isUncovered = hit && (element.contains(hit) || [...(element.labels ?? [])].some((label) => label.contains(hit)))
    if (isUncovered) continue
    addFault(element, `is covered by ${hit ? window.checks.nameOf(hit) : 'nothing'} .${hit?.className}`)
    return false
  }
  return false
}

/** 2.5.8: targets are at least 24 px wide and high, the main buttons 44; links in a sentence are exempt. */
export const smallTargets = () => tab.evaluate(() => {
  const isInSentence = (element) => getComputedStyle(element).display === 'inline' && element.parentElement.innerText.trim().length > element.innerText.trim().length
  const size = (element) => {
    const coversParent = getComputedStyle(element, '::after').position === 'absolute'
    const boxes = [coversParent ? element.offsetParent : element, ...(element.labels ?? [])].map((target) => target.getBoundingClientRect())
    return [Math.max(...boxes.map((box) => box.width)), Math.max(...boxes.map((box) => box.height))]
  }
  return window.checks.all('a[href], button, input, select, textarea, summary, audio, video').flatMap((element) => {
    if (isInSentence(element)) return []
    const [width, height] = size(element)
    const minimum = element.matches('.primary, .player-main button') ? 44 : 24
    return width < minimum - 0.5 || height < minimum - 0.5 ? [`${window.checks.nameOf(element)}: ${Math.round(width)} × ${Math.round(height)}, less than ${minimum}`] : []
  })
})

/** 1.4.4 and 1.4.10: no text outside the window or its container, and no horizontal scrolling. */
export const clippedContent = () => tab.evaluate(() => {
  const faults = []
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth) faults.push('the page is wider than the window')
  for (const element of window.checks.all('a[href], button, input, select, audio, video')) {
    const { left, right } = element.getBoundingClientRect()
    if (!element.closest('.table, .skip-link') && (left < -1 || right > innerWidth + 1)) faults.push(`${window.checks.nameOf(element)}: leaves the window`)
  }
  const scrolls = (element) => ['auto', 'scroll'].includes(getComputedStyle(element).overflowX)
  const truncates = (element) => getComputedStyle(element).textOverflow === 'ellipsis' || getComputedStyle(element).webkitLineClamp !== 'none'
  const withAncestors = (element) => { const all = []; for (let ancestor = element; ancestor; ancestor = ancestor.parentElement) all.push(ancestor); return all }
  for (const element of window.checks.all('*')) {
    const texts = [...element.childNodes].filter((node) => node instanceof Text && node.data.trim())
    const ancestors = withAncestors(element)
    if (!texts.length || ancestors.some((ancestor) => truncates(ancestor) || ancestor.matches('.textLayer, select, .skip-link') || getComputedStyle(ancestor).clipPath.startsWith('inset(50%'))) continue
    const range = new Range()
    range.selectNodeContents(element)
    const text = range.getBoundingClientRect()
    const name = () => window.checks.nameOf(element)
    const scroller = ancestors.findIndex(scrolls)
    if (scroller < 0 && (text.left < -1 || text.right > innerWidth + 1)) faults.push(`${name()}: its text leaves the window`)
    for (const ancestor of ancestors.slice(0, scroller < 0 ? ancestors.length : scroller)) {
      const isContainer = ancestor.matches('button, .button, .virtual-list > li, .toast, .player, .reader-bar') || ['hidden', 'clip'].includes(getComputedStyle(ancestor).overflowX)
      const box = ancestor.getBoundingClientRect()
      if (isContainer && (text.left < box.left - 2 || text.right > box.right + 2 || text.top < box.top - 2 || text.bottom > box.bottom + 2)) faults.push(`${name()}: its text leaves ${window.checks.nameOf(ancestor)} .${ancestor.className}`)
    }
  }
  return [...new Set(faults)]
})

const waitForLayout = () => tab.evaluate(async () => { for (let frame = 0; frame < 5; frame++) await new Promise(requestAnimationFrame) })

/** Run a check while text is twice as large. */
export async function withLargeText(check) {
  await tab.evaluate(() => { document.documentElement.style.fontSize = '200%' })
  await waitForLayout()
  const result = await check()
  await tab.evaluate(() => { document.documentElement.style.fontSize = '' })
  await waitForLayout()
  return result
}

/** Run a check in a window as narrow as 400 % zoom makes it. */
export async function withNarrowWindow(check) {
  const size = tab.viewportSize()
  await tab.setViewportSize({ width: 320, height: size.height })
  await waitForLayout()
  const result = await check()
  await tab.setViewportSize(size)
  await waitForLayout()
  return result
}

/** Return the visible animations since the last call. */
export const takeAnimations = () => tab.evaluate(() => window.checks.animations.splice(0).filter(({ ms }) => ms > 20))

/** Return whether an element looks the same with and without a state, by comparing screenshots. */
export async function looksTheSame(css, removeState) {
  const element = tab.locator(css).first()
  await element.waitFor()
  const { x, y, width, height } = await element.boundingBox()
  const screenshot = async () => {
    await waitForLayout()
    return tab.screenshot({ clip: { x: x - 6, y: y - 6, width: width + 12, height: height + 12 } })
  }
  let before = await screenshot()
  for (let attempt = 0; ; attempt++) {     // until animations have ended
    const now = await screenshot()
    if (before.equals(now)) break
    if (attempt === 20) throw new Error(`${css} keeps changing: two screenshots cannot be compared`)
    before = now
  }
  await element.evaluate(removeState)
  return before.equals(await screenshot())
}
