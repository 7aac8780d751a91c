import { computed, signal } from '@preact/signals'
import { call } from '../api/client'
import type { SpeechMarks, WordTiming } from './model'
import { heardWordAt, type Jump } from './skipping'

/** The speech marks of a recording, as far as they are loaded, and the word among them that is spoken. */
export class LoadedMarks {
  readonly words = signal<WordTiming[]>([])
  /** The end of the audio that they cover, which is all that is generated unless there are more to load. */
  readonly endMs = signal(0)
  isComplete = false
  private readonly wordIndex = signal(-1)
  readonly word = computed(() => this.words.value[this.wordIndex.value])

  clear(): void {
    this.words.value = []
    this.endMs.value = 0
    this.isComplete = false
    this.wordIndex.value = -1
  }

  add(marks: SpeechMarks): void {
    if (marks.words.length) this.words.value = [...this.words.peek(), ...marks.words]
    this.endMs.value = marks.duration_ms
    this.isComplete = marks.complete
  }

  /** Find the word that is spoken at a time: none before the first one, and where there are no marks yet. */
  moveTo(ms: number, jumps: readonly Jump[]): void {
    const words = this.words.peek()
    const index = this.wordIndex.peek()
    const current = words[index]
    const next = words[index + 1]
    if (current && current[0] <= ms && (!next || ms < next[0])) return
    const isMarked = this.isComplete || ms <= this.endMs.peek()
    this.wordIndex.value = isMarked ? heardWordAt(words, jumps, ms) : -1
  }
}

/**
 * Load the speech marks of a recording from a time on: of half a million characters at most, ~1 MB compressed. Without a time, the API
 * sends those of a longer recording in one document, which is not compressed. Throws Problem.
 */
export function loadMarks(jobId: string, fromMs: number): Promise<SpeechMarks> {
  return call<SpeechMarks>('GET', `/v1/speech/${jobId}/marks`, { query: { from_ms: fromMs } })
}
