import { call } from '../../api/client'

export interface PageText {
  start: number
  end: number
  text: string
}

/** Which part of the reading text stands on which page; asked for page by page, as needed. */
export class PageIndex {
  private readonly known = new Map<number, Promise<PageText>>()

  constructor(
    private readonly mediaId: string,
    private readonly pages: number,
  ) {}

  at(page: number): Promise<PageText> {
    let found = this.known.get(page)
    if (!found) {
      found = call<PageText>('GET', `/v1/media/${this.mediaId}/text`, { query: { page } })
      found.catch(() => this.known.delete(page))
      this.known.set(page, found)
    }
    return found
  }

  /** The page on which a place stands: halving takes 11 questions for 2,000 pages, and the answers are kept. */
  async pageOf(point: number): Promise<number> {
    let low = 1
    let high = this.pages
    while (low < high) {
      const middle = (low + high) >> 1
      if ((await this.at(middle)).end <= point) low = middle + 1
      else high = middle
    }
    return low
  }
}
