import { below } from '../../reading_text/lowerBound'

/** A word of the reading text, and where it stands on a page: in which text, between which UTF-16 units. */
export interface Aligned {
  start: number
  end: number
  node: number
  from: number
  to: number
}

interface Token {
  word: string
  at: number
  end: number
  node: number
}

const WORD = /[\p{L}\p{N}\p{M}]+/gu
const LOOK_AHEAD = 60 // words; a running head or a note that only one side has is shorter
const SURE_RUN = 12 // words; longer than a title

/**
 * Find the words of a reading text in the pieces of text that a page consists of. The reading text is cleaned: running heads and page
 * numbers are gone, hyphens at line ends are closed, so words are matched in order and what has no partner is left out.
 */
export function align(text: string, start: number, pieces: readonly string[]): Aligned[] {
  const spoken = tokens([text])
  const shown = tokens(pieces)
  const found: Aligned[] = []
  const points = pointCounter(text, start)
  const take = (word: Token, place: Token) =>
    found.push({ start: points(word.at), end: points(word.end), node: place.node, from: place.at, to: place.end })
  let i = 0
  let j = 0
  while (i < spoken.length && j < shown.length) {
    const word = spoken[i] as Token
    const place = shown[j] as Token
    if (word.word === place.word) {
      j += strayed(spoken, i, shown, j)
      take(word, shown[j] as Token)
      i++
      j++
      continue
    }
    // A word cut at the end of a line: its pieces follow each other.
    const parts = pieced(word.word, shown, j)
    if (parts) {
      for (const part of shown.slice(j, j + parts)) take(word, part)
      i++
      j += parts
      continue
    }
    const [skipSpoken, skipShown] = nearest(spoken, i, shown, j)
    i += skipSpoken
    j += skipShown
  }
  return found
}

/** The entries that overlap a part of the text. */
export function overlapping(aligned: readonly Aligned[], start: number, end: number): Aligned[] {
  const first = below(aligned, (entry) => entry.end <= start)
  const last = below(aligned, (entry) => entry.start < end)
  return aligned.slice(first, last)
}

function tokens(pieces: readonly string[]): Token[] {
  return pieces.flatMap((piece, node) =>
    [...piece.matchAll(WORD)].map((match) => ({
      word: match[0].normalize('NFKC').toLowerCase(),
      at: match.index,
      end: match.index + match[0].length,
      node,
    })),
  )
}

function pieced(word: string, shown: readonly Token[], from: number): number {
  let rest = word
  for (let count = 0; count < 4; count++) {
    const part = shown[from + count]?.word
    if (!part || !rest.startsWith(part)) return 0
    rest = rest.slice(part.length)
    if (!rest) return count + 1
  }
  return 0
}

/**
 * How many words of the page to leave out although one of them is the spoken one. Short words are found anywhere, and a running head has
 * the words of a title: where more of them follow each other as they are spoken is their place.
 */
function strayed(spoken: readonly Token[], i: number, shown: readonly Token[], j: number): number {
  const here = run(spoken, i, shown, j)
  if (here >= SURE_RUN) return 0
  for (let skip = 1; skip <= LOOK_AHEAD && j + skip < shown.length; skip++)
    if (run(spoken, i, shown, j + skip) > Math.max(here, 2)) return skip
  return 0
}

/** How many words follow each other on both sides, up to what leaves no doubt. */
function run(spoken: readonly Token[], i: number, shown: readonly Token[], j: number): number {
  let count = 0
  let place = j
  while (count < SURE_RUN) {
    const word = spoken[i + count]?.word
    const taken = word === undefined ? 0 : word === shown[place]?.word ? 1 : pieced(word, shown, place)
    if (!taken) break
    place += taken
    count++
  }
  return count
}

/** How many words to leave out on either side to go on with a pair: the fewest in all. */
function nearest(spoken: readonly Token[], i: number, shown: readonly Token[], j: number): [number, number] {
  for (let sum = 1; sum <= LOOK_AHEAD; sum++)
    for (let skip = 0; skip <= sum; skip++) {
      const a = spoken[i + skip]
      const b = shown[j + sum - skip]
      const isPair = a && b && a.word === b.word
      // One short word alone is found anywhere; two in a row are no accident.
      const isSure = isPair && (a.word.length > 3 || spoken[i + skip + 1]?.word === shown[j + sum - skip + 1]?.word)
      if (isSure) return [skip, sum - skip]
    }
  return [1, 1]
}

/** UTF-16 units of a text as code points, asked for in growing order. */
function pointCounter(text: string, start: number): (unit: number) => number {
  let unit = 0
  let point = start
  return (wanted) => {
    if (wanted < unit) {
      unit = 0
      point = start
    }
    while (unit < wanted) {
      const code = text.codePointAt(unit) ?? 0
      unit += code > 0xffff ? 2 : 1
      point++
    }
    return point
  }
}
