// Sentences of a paragraph. `Intl.Segmenter` ends one after each full stop before a capital letter, so that "Dr. Smith" is two.

/** Words that a full stop shortens and that are followed by more of the sentence: by a name or a number, or in brackets. */
const ABBREVIATIONS: Record<string, string> = {
  '': 'dr prof st no nr vol fig art cf ca vs ed eds pp p',
  en: 'mr mrs ms messrs mx rev hon gen col capt cpt cmdr lt sgt gov sen rep pres sr jr mt ft ch approx dept est',
  de: 'hr hrn fr frl bzw evtl ggf vgl bd abs str kap ing dipl mag geb gest sog tel anm hrsg inkl zzgl nov dez jan feb aug sept okt',
  fr: 'mm mme mmes mlle mlles mgr me ste chap env tél',
  es: 'sr sra sres srta dra d dña ud uds pág núm av prof gral',
  it: 'sig sigg sig.ra dott dott.ssa ing avv arch rag pag cap sen on',
}
const LETTER = /^\p{L}$/u // "J. R. Smith", "z. B."
const DOTTED = /^(\p{L}\.)+\p{L}$/u // "z. B.", "e.g."
const LAST_WORD = /([\p{L}\p{M}.]+|\d{1,2})\.\s*$/u
const MAX_MONTH_CHARACTERS = 20

const segmenters = new Map<string, Intl.Segmenter>()
const months = new Map<string, string[]>()
const abbreviations = new Map<string, ReadonlySet<string>>()

/** Return start and end of the sentence at a UTF-16 unit of a paragraph, without the space behind it. */
export function sentenceAround(paragraph: string, unit: number, language: string): [number, number] {
  const segments = segmenter(language).segment(paragraph)
  const found = segments.containing(Math.min(paragraph.length - 1, Math.max(0, unit)))
  if (!found) return [0, paragraph.length]
  let start = found.index
  let end = found.index + found.segment.length
  while (start > 0) {
    const before = segments.containing(start - 1)
    if (!before || !continues(before.segment, paragraph.slice(start, start + MAX_MONTH_CHARACTERS), language)) break
    start = before.index
  }
  for (let last = found.segment; continues(last, paragraph.slice(end, end + MAX_MONTH_CHARACTERS), language); ) {
    last = segments.containing(end)?.segment ?? ''
    if (!last) break
    end += last.length
  }
  return [start, start + paragraph.slice(start, end).trimEnd().length]
}

/** Return whether the sentence goes on in `next`, because a segment of it ends in an abbreviation or an ordinal. */
function continues(segment: string, next: string, language: string): boolean {
  const primary = language.split('-')[0] ?? ''
  const word = LAST_WORD.exec(segment)?.[1]
  if (word === undefined || !next) return false
  if (/^\d/.test(word)) return monthNames(language).some((month) => next.startsWith(month))
  if (word === 'I' && primary === 'en') return false // "So do I."
  return LETTER.test(word) || isAbbreviation(word, primary)
}

/** Return the names of the months behind a day: "am 3. Mai". */
function monthNames(language: string): string[] {
  let names = months.get(language)
  if (!names) {
    const format = new Intl.DateTimeFormat(language === 'und' ? 'en' : language, { month: 'long', day: 'numeric', timeZone: 'UTC' })
    names = Array.from({ length: 12 }, (_, month) => format.formatToParts(Date.UTC(2000, month, 15)))
      .map((parts) => parts.find(({ type }) => type === 'month')?.value ?? '')
      .filter(Boolean)
    months.set(language, names)
  }
  return names
}

function isAbbreviation(word: string, primary: string): boolean {
  let known = abbreviations.get(primary)
  if (!known) {
    known = new Set(`${ABBREVIATIONS['']} ${ABBREVIATIONS[primary] ?? ''}`.trim().split(' '))
    abbreviations.set(primary, known)
  }
  const lower = word.toLowerCase()
  return known.has(lower) || (DOTTED.test(word) && !/^([ap]\.m|u\.s)$/.test(lower))
}

function segmenter(language: string): Intl.Segmenter {
  let cached = segmenters.get(language)
  if (!cached) {
    cached = new Intl.Segmenter(language === 'und' ? undefined : language, { granularity: 'sentence' })
    segmenters.set(language, cached)
  }
  return cached
}
