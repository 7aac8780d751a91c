import { signal } from '@preact/signals'
import { call } from '../api/client'
import type { SpeechMarks, WordTiming } from './model'

/** The speech marks of a recording, as far as they are loaded. */
export class LoadedMarks {
  readonly words = signal<WordTiming[]>([])
  /** The end of the audio that they cover, which is all that is generated unless there are more to load. */
  readonly endMs = signal(0)
  isComplete = false

  clear(): void {
    this.words.value = []
    this.endMs.value = 0
    this.isComplete = false
  }

  add(marks: SpeechMarks): void {
    if (marks.words.length) this.words.value = [...this.words.peek(), ...marks.words]
    this.endMs.value = marks.duration_ms
    this.isComplete = marks.complete
  }

  /** Return whether the word that is spoken at a time is known. */
  includes(ms: number): boolean {
    return this.isComplete || ms <= this.endMs.peek()
  }
}

/**
 * Load the speech marks of a recording from a time on: of half a million characters at most, ~1 MB compressed. Without a time, the API
 * sends those of a longer recording in one document, which is not compressed. Throws Problem.
 */
export function loadMarks(jobId: string, fromMs: number): Promise<SpeechMarks> {
  return call<SpeechMarks>('GET', `/v1/speech/${jobId}/marks`, { query: { from_ms: fromMs } })
}

/** Load all speech marks of a finished recording. Throws Problem. */
export async function loadAllMarks(jobId: string): Promise<LoadedMarks> {
  const loaded = new LoadedMarks()
  for (let fromMs = -1; !loaded.isComplete && loaded.endMs.peek() > fromMs; ) {
    fromMs = loaded.endMs.peek()
    loaded.add(await loadMarks(jobId, fromMs))
  }
  return loaded
}
