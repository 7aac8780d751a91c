// Runs in the page, in every engine: finds elements as a user would, and reads what is shown.
import { queryAllByLabelText, queryAllByRole } from '@testing-library/dom'
import axe from 'axe-core'

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** The elements of a query {role, name}, {label} or {css}, without the first `index`. A name is matched whole, or by {pattern}. */
function findAll({ role, name, label, css, index = 0 }) {
  const matcher = (text) => (text?.pattern ? new RegExp(text.pattern) : text)
  if (css) return [...document.querySelectorAll(css)].slice(index)
  return label ? queryAllByLabelText(document.body, matcher(label)) : queryAllByRole(document.body, role, { name: matcher(name) })
}

export const exists = (query) => findAll(query).length > 0

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))

/** Resolve to true when the page has laid itself out for its window: an observer sees the size, and a component follows. */
export async function followsWindow() {
  for (let frame = 0; frame < 4; frame++) await nextFrame()
  return true
}

/** The point to click on the first element that is enabled, uncovered and not moving; null if there is none. */
export async function clickPoint(query, offset) {
  for (const element of findAll(query)) {
    if (element.matches(':disabled, [aria-disabled=true]')) continue
    const inView = ({ top, bottom, left, right }) => top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth
    if (!inView(element.getBoundingClientRect())) element.scrollIntoView({ block: 'center', behavior: 'instant' })
    const before = element.getBoundingClientRect()
    await nextFrame()
    await nextFrame()
    const after = element.getBoundingClientRect()
    if (!after.width || before.top !== after.top || before.left !== after.left || before.width !== after.width) continue
    const x = after.left + (offset?.x ?? after.width / 2)
    const y = after.top + (offset?.y ?? after.height / 2)
    const hit = document.elementFromPoint(x, y)
    if (hit && (element.contains(hit) || [...(element.labels ?? [])].some((label) => label.contains(hit)))) return { x, y }
    element.scrollIntoView({ block: 'center', behavior: 'instant' }) // from below a bar or a toast, as a user scrolls
  }
  return null
}

/** The violations that axe-core finds, after all animations have finished. */
export async function axeViolations() {
  const finite = document.getAnimations().filter((animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime))
  await Promise.all(finite.map((animation) => animation.finished.catch(() => undefined)))
  const { violations } = await axe.run(document, { runOnly: RULES, resultTypes: ['violations'] })
  return violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')} ${node.failureSummary?.split('\n')[1] ?? ''}`))
}

/** All texts: visible ones, and those for screen readers. */
export const visibleTexts = () => [
  ...document.body.innerText.split('\n'),
  ...[...document.querySelectorAll('[aria-label], [placeholder], [title]')].flatMap((element) => [element.ariaLabel, element.placeholder, element.title]),
].filter(Boolean)

/** Return whether the page scrolls horizontally, after it has adapted to the window. */
export async function overflowsHorizontally() {
  for (let count = 0; count < 4; count++) await nextFrame()
  return document.documentElement.scrollWidth > document.documentElement.clientWidth
}

/** The text of a CSS highlight; each line of a PDF is a range of its own. */
export const highlightedText = (name) => [...(CSS.highlights.get(name) ?? [])].map(String).join(' ')

/** Collect the next words that are highlighted. */
export async function collectSpokenWords(count, timeoutMs = 60_000) {
  const words = []
  const deadline = performance.now() + timeoutMs
  while (words.length < count && performance.now() < deadline) {
    const word = highlightedText('spoken-word')
    if (word && words.at(-1) !== word) words.push(word)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
  return words
}

let press = null

/** Record the next press: the text from the pressed word on, and the words highlighted after it. The first may be the previous word. */
export function recordNextPress(count) {
  press = null
  const record = ({ clientX: x, clientY: y }) => {
    const caret = document.caretPositionFromPoint?.(x, y)
    const range = caret ? null : document.caretRangeFromPoint(x, y)
    const text = (caret?.offsetNode ?? range.startContainer).textContent
    const start = text.slice(0, caret?.offset ?? range.startOffset).search(/[^\s—-]*$/)
    collectSpokenWords(count).then((spoken) => {
      press = { text: text.slice(start), spoken }
    })
  }
  addEventListener('pointerdown', record, { capture: true, once: true })
}

export const recordedPress = () => press

/** The scripts loaded so far, with their transferred bytes. */
export const loadedScripts = () =>
  performance
    .getEntriesByType('resource')
    .filter(({ name }) => name.endsWith('.js'))
    .map(({ name, encodedBodySize }) => ({ name: name.split('/').pop(), bytes: encodedBodySize }))

export const firstPaintMs = () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null
