import type { ChapterMark } from '../playing/model'
import { lowerBound } from '../reading_text/lowerBound'
import type { Chapter } from '../reading_text/text'
import type { WordTiming } from './model'

/** Return the chapters of a text that a recording speaks, with their times: that of its first word, the first one from 0. */
export function chapterMarks(chapters: readonly Chapter[], words: readonly WordTiming[], durationMs: number): ChapterMark[] {
  const marks: ChapterMark[] = []
  for (const { title, start, end } of chapters) {
    const word = words[lowerBound(words, ([, , wordStart]) => wordStart < start)]
    if (!word || word[2] >= end) continue
    const startMs = marks.length ? word[0] : 0
    const last = marks.at(-1)
    if (last) last.endMs = startMs
    marks.push({ title, startMs, endMs: durationMs })
  }
  return marks
}
