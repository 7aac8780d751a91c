/** The colours of highlights, in the order of their buttons. */
export const COLOURS = ['yellow', 'green', 'blue', 'pink'] as const

export type Colour = (typeof COLOURS)[number]

/** A bookmark or a highlight, with or without a note. `start` and `end` are code points of the document's current text. */
export interface Annotation {
  id: string
  media_id: string
  media_title: string
  kind: 'bookmark' | 'highlight'
  start: number
  end: number
  page: number | null
  colour: Colour | null
  note: string | null
  quotation: { exact: string; prefix: string; suffix: string }
  /** The text was made again, and no longer contains what was quoted. */
  detached: boolean
  created_at: string
  updated_at: string
}

/** A part of the text; that of a bookmark is empty. Without a text, a place is a page. */
export interface Place {
  start: number | null
  end: number | null
  page: number | null
}

/** An annotation to create. `quote` is its text as it is shown, by which the API finds it in a newer text. */
export interface Draft extends Place {
  kind: Annotation['kind']
  colour?: Colour
  note?: string
  quote: string | null
}

export type Changes = Partial<Pick<Annotation, 'colour' | 'note'>>

/** Return whether one annotation is before another in the document. */
export const byPlace = (one: Annotation, other: Annotation) =>
  one.start - other.start || (one.page ?? 0) - (other.page ?? 0) || one.created_at.localeCompare(other.created_at)

/** Return the annotation as it will be, before the API has answered. */
export function fromDraft(draft: Draft, id: string, mediaId: string, now: Date): Annotation {
  return {
    id,
    media_id: mediaId,
    media_title: '',
    kind: draft.kind,
    start: draft.start ?? 0,
    end: (draft.kind === 'bookmark' ? draft.start : draft.end) ?? 0,
    page: draft.page,
    colour: draft.kind === 'highlight' ? (draft.colour ?? COLOURS[0]) : null,
    note: draft.note ?? null,
    quotation: { exact: draft.quote ?? '', prefix: '', suffix: '' },
    detached: false,
    created_at: now.toISOString(),
    updated_at: now.toISOString(),
  }
}

/** Return the highlight at a position, the shortest one of several. */
export function highlightAt(annotations: readonly Annotation[], position: number): Annotation | undefined {
  return annotations
    .filter(({ kind, detached, start, end }) => kind === 'highlight' && !detached && start <= position && position < end)
    .sort((one, other) => one.end - one.start - (other.end - other.start))[0]
}
