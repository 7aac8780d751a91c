import { signal } from '@preact/signals'
import { call, type Page } from '../api/client'
import { Problem } from '../api/problem'
import { type Annotation, byPlace, type Changes, type Draft, fromDraft } from './model'
import { createAnnotation, deleteAnnotation, PAGE_SIZE, updateAnnotation } from './writes'

/** The annotations of a document. Changes are shown at once, and taken back if the API refuses them. */
export class DocumentAnnotations {
  /** In the order of the text. */
  readonly items = signal<Annotation[]>([])

  /** A highlight whose buttons are to be shown. */
  readonly opened = signal<Annotation | null>(null)

  private lastWrite: Promise<unknown> = Promise.resolve()

  constructor(private readonly mediaId: string) {}

  /** Send one write after the other: an annotation may be deleted before the API has answered that it was created. */
  private write<T>(send: () => Promise<T>): Promise<T> {
    const written = this.lastWrite.then(send)
    this.lastWrite = written.catch(() => undefined)
    return written
  }

  /** Load all annotations. Throws Problem. */
  async load(): Promise<void> {
    const loaded: Annotation[] = []
    let cursor: string | null = null
    do {
      const page: Page<Annotation> = await call<Page<Annotation>>('GET', `/v1/media/${this.mediaId}/annotations`, {
        query: { limit: PAGE_SIZE, cursor },
      })
      loaded.push(...page.items)
      cursor = page.next_cursor
    } while (cursor)
    this.items.value = loaded.sort(byPlace)
  }

  /** Throws Problem. */
  async add(draft: Draft): Promise<Annotation> {
    const local = fromDraft(draft, crypto.randomUUID(), this.mediaId, new Date())
    return await this.change(
      [...this.items.peek(), local],
      () => createAnnotation(this.mediaId, local.id, draft),
      () => this.items.peek().filter(({ id }) => id !== local.id),
    )
  }

  /** Throws Problem. */
  async update(annotation: Annotation, changes: Changes): Promise<Annotation> {
    const replaced = (by: Annotation) => this.items.peek().map((item) => (item.id === by.id ? by : item))
    return await this.change(
      replaced({ ...annotation, ...changes }),
      () => updateAnnotation(annotation, changes),
      () => replaced(annotation),
    )
  }

  /** Throws Problem. */
  async remove(annotation: Annotation): Promise<void> {
    this.items.value = this.items.peek().filter(({ id }) => id !== annotation.id)
    try {
      await this.write(() => deleteAnnotation(annotation))
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return // it was deleted elsewhere
      this.items.value = [...this.items.peek(), annotation].sort(byPlace)
      throw error
    }
  }

  private async change(items: Annotation[], send: () => Promise<Annotation>, undo: () => Annotation[]): Promise<Annotation> {
    this.items.value = items.sort(byPlace)
    try {
      const stored = await this.write(send)
      this.items.value = this.items
        .peek()
        .map((item) => (item.id === stored.id ? stored : item))
        .sort(byPlace)
      return stored
    } catch (error) {
      this.items.value = undo()
      throw error
    }
  }
}
