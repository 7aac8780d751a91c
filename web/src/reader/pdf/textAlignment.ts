import { lowerBound } from '../../reading_text/lowerBound'

/** A word of the reading text (code points `start` to `end`) and where it is on a page: a text node and UTF-16 units in it. */
export interface AlignedWord {
  start: number
  end: number
  node: number
  from: number
  to: number
}

interface Token {
  word: string
  start: number
  end: number
  node: number
}

const WORD = /[\p{L}\p{N}\p{M}]+/gu
const LOOK_AHEAD = 60 // words; longer than a running head or a footnote that only one side has
const CERTAIN_RUN = 12 // words; longer than a title
const MAX_HYPHENATED_PARTS = 4

/**
 * Find the words of a reading text in the text nodes of a PDF page. The reading text has no running heads, page numbers or hyphens at line
 * ends, so words are matched in order and those without a counterpart are skipped.
 */
export function alignWords(text: string, start: number, nodes: readonly string[]): AlignedWord[] {
  const spoken = tokenize([text])
  const shown = tokenize(nodes)
  const aligned: AlignedWord[] = []
  const toCodePoint = codePointCounter(text, start)
  const add = (word: Token, match: Token) =>
    aligned.push({ start: toCodePoint(word.start), end: toCodePoint(word.end), node: match.node, from: match.start, to: match.end })
  let i = 0
  let j = 0
  while (i < spoken.length && j < shown.length) {
    const word = spoken[i] as Token
    if (word.word === shown[j]?.word) {
      j += skipToLongerRun(spoken, i, shown, j)
      add(word, shown[j] as Token)
      i++
      j++
      continue
    }
    const partCount = hyphenatedParts(word.word, shown, j)
    if (partCount) {
      for (const part of shown.slice(j, j + partCount)) add(word, part)
      i++
      j += partCount
      continue
    }
    const [skipSpoken, skipShown] = nearestPair(spoken, i, shown, j)
    i += skipSpoken
    j += skipShown
  }
  return aligned
}

/** Return the words that overlap a part of the text. */
export function overlappingWords(aligned: readonly AlignedWord[], start: number, end: number): AlignedWord[] {
  const first = lowerBound(aligned, (word) => word.end <= start)
  const last = lowerBound(aligned, (word) => word.start < end)
  return aligned.slice(first, last)
}

/**
 * Return the UTF-16 units, in its text node, of the part of a word that is in a part of the text. Where the page has other letters than the
 * text (hyphens, ligatures), it is the whole word.
 */
export function clippedUnits(word: AlignedWord, nodeText: string, start: number, end: number): [from: number, to: number] {
  const characters = [...nodeText.slice(word.from, word.to)]
  if (characters.length !== word.end - word.start) return [word.from, word.to]
  const unitsBefore = (position: number) => characters.slice(0, Math.max(0, position - word.start)).join('').length
  return [word.from + unitsBefore(start), word.from + unitsBefore(end)]
}

function tokenize(nodes: readonly string[]): Token[] {
  return nodes.flatMap((text, node) =>
    [...text.matchAll(WORD)].map((match) => ({
      word: match[0].normalize('NFKC').toLowerCase(),
      start: match.index,
      end: match.index + match[0].length,
      node,
    })),
  )
}

/** Return the number of consecutive tokens that make up a hyphenated word, starting at `from`; 0 if they do not. */
function hyphenatedParts(word: string, shown: readonly Token[], from: number): number {
  let remaining = word
  for (let count = 0; count < MAX_HYPHENATED_PARTS; count++) {
    const part = shown[from + count]?.word
    if (!part || !remaining.startsWith(part)) return 0
    remaining = remaining.slice(part.length)
    if (!remaining) return count + 1
  }
  return 0
}

/**
 * Return how many words of the page to skip although the current one matches. Short words occur everywhere, and a running head repeats the
 * words of a title: the right match is the one followed by the longer run of matches.
 */
function skipToLongerRun(spoken: readonly Token[], i: number, shown: readonly Token[], j: number): number {
  const currentRun = runLength(spoken, i, shown, j)
  if (currentRun >= CERTAIN_RUN) return 0
  for (let skip = 1; skip <= LOOK_AHEAD && j + skip < shown.length; skip++)
    if (runLength(spoken, i, shown, j + skip) > Math.max(currentRun, 2)) return skip
  return 0
}

/** Return how many consecutive words match, at most CERTAIN_RUN. */
function runLength(spoken: readonly Token[], i: number, shown: readonly Token[], j: number): number {
  let count = 0
  let index = j
  while (count < CERTAIN_RUN) {
    const word = spoken[i + count]?.word
    const tokenCount = word === undefined ? 0 : word === shown[index]?.word ? 1 : hyphenatedParts(word, shown, index)
    if (!tokenCount) break
    index += tokenCount
    count++
  }
  return count
}

/** Return how many words to skip on either side to reach the nearest match: the fewest in total. */
function nearestPair(spoken: readonly Token[], i: number, shown: readonly Token[], j: number): [number, number] {
  for (let sum = 1; sum <= LOOK_AHEAD; sum++)
    for (let skip = 0; skip <= sum; skip++) {
      const word = spoken[i + skip]
      const match = shown[j + sum - skip]
      const isPair = word && match && word.word === match.word
      // A single short word occurs everywhere; two in a row are no coincidence.
      const isCertain = isPair && (word.word.length > 3 || spoken[i + skip + 1]?.word === shown[j + sum - skip + 1]?.word)
      if (isCertain) return [skip, sum - skip]
    }
  return [1, 1]
}

/** Return a function that converts UTF-16 units to code points; fast if it is called in ascending order. */
function codePointCounter(text: string, start: number): (unit: number) => number {
  let unit = 0
  let position = start
  return (target) => {
    if (target < unit) {
      unit = 0
      position = start
    }
    while (unit < target) {
      const code = text.codePointAt(unit) ?? 0
      unit += code > 0xffff ? 2 : 1
      position++
    }
    return position
  }
}
