// Runs in the page, in every engine alike: finds what a person would press, and tells what is to be seen.
import { queryAllByLabelText, queryAllByRole } from '@testing-library/dom'
import axe from 'axe-core'

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** `what` is {role, name} or {label} or {css}, without the first `index`; names are whole, or {pattern}. */
function all({ role, name, label, css, index = 0 }) {
  const text = (wanted) => (wanted?.pattern ? new RegExp(wanted.pattern) : wanted)
  if (css) return [...document.querySelectorAll(css)].slice(index)
  return label ? queryAllByLabelText(document.body, text(label)) : queryAllByRole(document.body, role, { name: text(name) })
}

export const isThere = (what) => all(what).length > 0

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))

/** Where to press the first of them that can be pressed: it stands still, nothing covers it, it is not disabled. Else null. */
export async function placeOf(what, offset) {
  for (const element of all(what)) {
    if (element.matches(':disabled, [aria-disabled=true]')) continue
    const inView = ({ top, bottom, left, right }) => top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth
    if (!inView(element.getBoundingClientRect())) element.scrollIntoView({ block: 'center', behavior: 'instant' })
    const before = element.getBoundingClientRect()
    await frame()
    await frame()
    const after = element.getBoundingClientRect()
    if (!after.width || before.top !== after.top || before.left !== after.left || before.width !== after.width) continue
    const x = after.left + (offset?.x ?? after.width / 2)
    const y = after.top + (offset?.y ?? after.height / 2)
    const hit = document.elementFromPoint(x, y)
    if (hit && (element.contains(hit) || [...(element.labels ?? [])].some((label) => label.contains(hit)))) return { x, y }
  }
  return null
}

/** What axe-core finds on what is shown, once it stands still. */
export async function barriers() {
  const moving = document.getAnimations().filter((animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime))
  await Promise.all(moving.map((animation) => animation.finished.catch(() => undefined)))
  const { violations } = await axe.run(document, { runOnly: RULES, resultTypes: ['violations'] })
  return violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')} ${node.failureSummary?.split('\n')[1] ?? ''}`))
}

/** What is to be read, and what is told to those who do not see it. */
export const wording = () => [
  ...document.body.innerText.split('\n'),
  ...[...document.querySelectorAll('[aria-label], [placeholder], [title]')].flatMap((element) => [element.ariaLabel, element.placeholder, element.title]),
].filter(Boolean)

/** Whether it has to be scrolled sideways, once what measures the window has done so. */
export async function isTooWide() {
  for (let frames = 0; frames < 4; frames++) await frame()
  return document.documentElement.scrollWidth > document.documentElement.clientWidth
}

/** The text that is lit under this name; lines of a PDF are pieces. */
export const lit = (name) => [...(CSS.highlights.get(name) ?? [])].map(String).join(' ')

/** The next words that are lit, one after the other. */
export async function listen(count, patienceMs = 20_000) {
  const words = []
  const until = performance.now() + patienceMs
  while (words.length < count && performance.now() < until) {
    const word = lit('spoken-word')
    if (word && words.at(-1) !== word) words.push(word)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
  return words
}

let pressed = null

/** At the next press: what stands under it and behind, and the words that are lit from then on. The first may be the one before. */
export function notePress(count) {
  pressed = null
  const note = ({ clientX: x, clientY: y }) => {
    const caret = document.caretPositionFromPoint?.(x, y)
    const range = caret ? null : document.caretRangeFromPoint(x, y)
    const text = (caret?.offsetNode ?? range.startContainer).textContent
    const start = text.slice(0, caret?.offset ?? range.startOffset).search(/[^\s—-]*$/)
    listen(count).then((heard) => {
      pressed = { text: text.slice(start), heard }
    })
  }
  addEventListener('pointerdown', note, { capture: true, once: true })
}

export const whatWasPressed = () => pressed

/** Scripts that were loaded so far, with their bytes on the line. */
export const scripts = () =>
  performance
    .getEntriesByType('resource')
    .filter(({ name }) => name.endsWith('.js'))
    .map(({ name, encodedBodySize }) => ({ name: name.split('/').pop(), bytes: encodedBodySize }))

export const firstPaintMs = () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null
