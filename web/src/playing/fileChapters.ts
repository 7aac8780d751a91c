import type { ChapterMark } from './model'

/** A chapter that an uploaded sound or video has in itself. */
export interface FileChapter {
  title: string
  start_ms: number
}

/** Return the chapters with their ends: the start of the next one, and that of the file. */
export const fileChapterMarks = (chapters: readonly FileChapter[], durationMs: number): ChapterMark[] =>
  chapters.map(({ title, start_ms }, index) => ({
    title,
    startMs: start_ms,
    endMs: chapters[index + 1]?.start_ms ?? durationMs,
  }))
