import { call } from '../../api/client'
import { Problem } from '../../api/problem'
import { lowerBound } from '../../reading_text/lowerBound'

const MAX_KEPT_CONTENTS = 8 // sections around the window, so that scrolling back needs no request
const RENEWAL_VALID_MS = 60_000 // signed URLs last longer

/** Where a section of a document is in its reading text; positions are code points. */
export interface SectionRange {
  index: number
  title: string | null
  start: number
  end: number
}

/** A section in its display form, with the signed URLs of its pictures by name. */
export interface SectionContent {
  html: string
  images: Record<string, string>
}

interface DocumentResponse {
  sections: SectionRange[]
  text_version: number
}

/** The display form of a document, loaded in sections: a book may have four million characters and three thousand pictures. */
export class BookDocument {
  private readonly contents = new Map<number, Promise<SectionContent>>()
  private readonly renewals = new Map<number, Promise<SectionContent>>()

  private constructor(
    readonly mediaId: string,
    readonly sections: SectionRange[],
  ) {}

  /** Open the display form of a version of the text; null if there is none. Throws Problem. */
  static async open(mediaId: string, version: number): Promise<BookDocument | null> {
    const response = await call<DocumentResponse>('GET', `/v1/media/${mediaId}/document`).catch((error: unknown) => {
      if (error instanceof Problem && error.status === 404) return null
      throw error
    })
    if (!response?.sections.length || response.text_version !== version) return null
    return new BookDocument(mediaId, response.sections)
  }

  /** Return the index of the section that contains a position, or of the nearest one. */
  sectionAt(position: number): number {
    return Math.max(0, lowerBound(this.sections, (section) => section.start <= position) - 1)
  }

  /** Load a section. Throws Problem. */
  load(index: number): Promise<SectionContent> {
    const loading = this.contents.get(index) ?? this.fetchSection(index)
    this.contents.delete(index)
    this.contents.set(index, loading) // the last one is the one used last
    for (const oldest of this.contents.keys()) {
      if (this.contents.size <= MAX_KEPT_CONTENTS) break
      this.contents.delete(oldest)
    }
    return loading
  }

  /** Load a section again, because the URLs of its pictures have expired: once for all pictures that ask meanwhile. Throws Problem. */
  renew(index: number): Promise<SectionContent> {
    let renewal = this.renewals.get(index)
    if (!renewal) {
      renewal = this.fetchSection(index)
      this.contents.set(index, renewal)
      this.renewals.set(index, renewal)
      setTimeout(() => this.renewals.delete(index), RENEWAL_VALID_MS)
    }
    return renewal
  }

  private fetchSection(index: number): Promise<SectionContent> {
    const loading = call<SectionContent>('GET', `/v1/media/${this.mediaId}/document/${index}`)
    loading.catch(() => {
      if (this.contents.get(index) === loading) this.contents.delete(index)
    })
    return loading
  }
}
