// What WCAG 2.2 AA asks for and axe-core does not see. Each answers what is wrong with what is shown now, in words; nothing is right.
import { tab } from './tab.mjs'

/** In the page before its own scripts: names for elements, and which of them one sees. */
export const prepare = () => tab.addInitScript(() => {
  const nameOf = (element) => element.getAttribute('aria-label') || element.labels?.[0]?.innerText || element.innerText || element.getAttribute('title') || ''
  const shown = () => [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body
  const isSeen = (element) => element.checkVisibility({ checkOpacity: false, visibilityProperty: true }) && !element.closest('.unseen, [aria-hidden=true]') && element.getBoundingClientRect().width > 0
  window.checks = {
    nameOf: (element) => `<${element.localName}> ${nameOf(element).replaceAll(/\s+/g, ' ').slice(0, 40)}`,
    all: (css) => [...shown().querySelectorAll(css)].filter(isSeen),
    movements: [],
  }
  for (const kind of ['animationstart', 'transitionrun'])
    addEventListener(kind, ({ target }) => {
      for (const animation of target.getAnimations({ subtree: true }))
        window.checks.movements.push({ what: `${window.checks.nameOf(target)} ${kind} ${animation.animationName ?? animation.transitionProperty}`, ms: animation.effect.getComputedTiming().activeDuration })
    }, true)
})

/** 2.4.7 and 2.4.11: Tab goes everywhere, and where it is can be seen: in the window, covered by nothing, unlike before. */
export async function unseenFocus() {
  await tab.evaluate(() => { window.walk = { seen: new Set(), wrong: [], before: null, outside: 0 } })
  for (let steps = 0; steps < 200; steps++) {
    await tab.keyboard.press('Tab')
    if (await tab.evaluate(lookAtFocus)) break
  }
  return tab.evaluate(() => (window.walk.seen.size ? window.walk.wrong : ['Tab leads nowhere']))
}

/** In the page; true when Tab has been everywhere. */
async function lookAtFocus() {
  await new Promise(requestAnimationFrame)
  const { walk } = window
  const wrong = (element, what) => walk.wrong.push(`${window.checks.nameOf(element)}: ${what}`)
  const PROPERTIES = ['outlineStyle', 'outlineWidth', 'boxShadow', 'borderColor', 'backgroundColor', 'color', 'textDecorationLine', 'opacity']
  const looks = (element) => ['', '::before', '::after'].map((part) => PROPERTIES.map((name) => getComputedStyle(element, part || null)[name]).join()).join()
  if (walk.before?.element.isConnected && looks(walk.before.element) === walk.before.looks) wrong(walk.before.element, 'looks the same with the focus and without')
  walk.before = null
  const element = document.activeElement
  if (!element || element === document.body || element.localName === 'dialog') return ++walk.outside > 3
  if (walk.seen.has(element)) return !element.matches('audio, video')     // those have controls of their own inside
  walk.seen.add(element)
  walk.before = { element, looks: looks(element) }
  const box = element.getClientRects()[0]
  const [left, top] = [Math.max(0, box.left), Math.max(0, box.top)]
  const [right, bottom] = [Math.min(innerWidth, box.right), Math.min(innerHeight, box.bottom)]
  const isLarge = box.width > innerWidth * 0.9 || box.height > innerHeight / 2
  if (right - left < 4 || bottom - top < 4 || (!isLarge && (box.top < -1 || box.bottom > innerHeight + 1 || box.left < -1 || box.right > innerWidth + 1))) {
    wrong(element, `is not in the window, but at ${Math.round(box.left)}, ${Math.round(box.top)} to ${Math.round(box.right)}, ${Math.round(box.bottom)}`)
    return false
  }
  const [x, y] = [(left + right) / 2, (top + bottom) / 2]
  const points = isLarge ? [[x, y]] : [[x, y], [x, top + 2], [x, bottom - 2], [left + 2, y], [right - 2, y]]
  for (const [at, to] of points) {
    const hit = document.elementFromPoint(at, to)
    const isIt = hit && (element.contains(hit) || [...(element.labels ?? [])].some((label) => label.contains(hit)))
    if (isIt) continue
    wrong(element, `is covered by ${hit ? window.checks.nameOf(hit) : 'nothing'} .${hit?.className}`)
    return false
  }
  return false
}

/** 2.5.8: what a finger presses is at least 24 px wide and high, what one came for 44; links in a sentence are as large as its words. */
export const smallTargets = () => tab.evaluate(() => {
  const isInSentence = (element) => getComputedStyle(element).display === 'inline' && element.parentElement.innerText.trim().length > element.innerText.trim().length
  const size = (element) => {
    const isAllOverItsPlace = getComputedStyle(element, '::after').position === 'absolute'
    const boxes = [isAllOverItsPlace ? element.offsetParent : element, ...(element.labels ?? [])].map((one) => one.getBoundingClientRect())
    return [Math.max(...boxes.map((box) => box.width)), Math.max(...boxes.map((box) => box.height))]
  }
  return window.checks.all('a[href], button, input, select, textarea, summary, audio, video').flatMap((element) => {
    if (isInSentence(element)) return []
    const [width, height] = size(element)
    const least = element.matches('.primary, .player-main button') ? 44 : 24
    return width < least - 0.5 || height < least - 0.5 ? [`${window.checks.nameOf(element)}: ${Math.round(width)} × ${Math.round(height)}, less than ${least}`] : []
  })
})

/** 1.4.4 and 1.4.10: no words outside the window, of their button or of their place; nothing to be scrolled sideways. */
export const cutOff = () => tab.evaluate(() => {
  const wrong = []
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth) wrong.push('the page is wider than the window')
  for (const element of window.checks.all('a[href], button, input, select, audio, video')) {
    const { left, right } = element.getBoundingClientRect()
    if (!element.closest('.table, .skip') && (left < -1 || right > innerWidth + 1)) wrong.push(`${window.checks.nameOf(element)}: leaves the window`)
  }
  const scrolls = (element) => ['auto', 'scroll'].includes(getComputedStyle(element).overflowX)
  const shortens = (element) => getComputedStyle(element).textOverflow === 'ellipsis' || getComputedStyle(element).webkitLineClamp !== 'none'
  const upwards = (element) => { const all = []; for (let one = element; one; one = one.parentElement) all.push(one); return all }
  for (const element of window.checks.all('*')) {
    const words = [...element.childNodes].filter((node) => node instanceof Text && node.data.trim())
    const above = upwards(element)
    if (!words.length || above.some((one) => shortens(one) || one.matches('.textLayer, select, .skip') || getComputedStyle(one).clipPath.startsWith('inset(50%'))) continue
    const range = new Range()
    range.selectNodeContents(element)
    const text = range.getBoundingClientRect()
    const name = () => window.checks.nameOf(element)
    const frame = above.findIndex(scrolls)
    if (frame < 0 && (text.left < -1 || text.right > innerWidth + 1)) wrong.push(`${name()}: its words leave the window`)
    for (const one of above.slice(0, frame < 0 ? above.length : frame)) {
      const holds = one.matches('button, .button, .virtual > li, .notice, .player, .reader-bar') || ['hidden', 'clip'].includes(getComputedStyle(one).overflowX)
      const box = one.getBoundingClientRect()
      if (holds && (text.left < box.left - 2 || text.right > box.right + 2 || text.top < box.top - 2 || text.bottom > box.bottom + 2)) wrong.push(`${name()}: its words leave ${window.checks.nameOf(one)} .${one.className}`)
    }
  }
  return [...new Set(wrong)]
})

const settled = () => tab.evaluate(async () => { for (let frame = 0; frame < 5; frame++) await new Promise(requestAnimationFrame) })

/** While letters are twice as large; or while the window is as narrow as 400 % of zoom leaves of a screen. */
export async function large(work) {
  await tab.evaluate(() => { document.documentElement.style.fontSize = '200%' })
  await settled()
  const answer = await work()
  await tab.evaluate(() => { document.documentElement.style.fontSize = '' })
  await settled()
  return answer
}
export async function narrow(work) {
  const size = tab.viewportSize()
  await tab.setViewportSize({ width: 320, height: size.height })
  await settled()
  const answer = await work()
  await tab.setViewportSize(size)
  await settled()
  return answer
}

/** What moved for longer than one sees, since this was asked the last time. */
export const movements = () => tab.evaluate(() => window.checks.movements.splice(0).filter(({ ms }) => ms > 20))

/** Whether a state is to be seen in the colours that are shown now: with it and without it are two pictures. */
export async function looksAlike(css, without) {
  const element = tab.locator(css).first()
  await element.waitFor()
  const { x, y, width, height } = await element.boundingBox()
  const picture = async () => {
    await settled()
    return tab.screenshot({ clip: { x: x - 6, y: y - 6, width: width + 12, height: height + 12 } })
  }
  let before = await picture()
  for (let tries = 0; ; tries++) {     // what glides comes to rest
    const now = await picture()
    if (before.equals(now)) break
    if (tries === 20) throw new Error(`${css} changes by itself: two pictures of it show nothing`)
    before = now
  }
  await element.evaluate(without)
  return before.equals(await picture())
}
