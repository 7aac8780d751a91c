import { call } from '../../api/client'

interface PageText {
  start: number
  end: number
  text: string
}

/** The part of the reading text on each page, loaded page by page as needed. */
export class PageIndex {
  private readonly cache = new Map<number, Promise<PageText>>()

  constructor(
    private readonly mediaId: string,
    private readonly version: number | null,
    private readonly pageCount: number,
  ) {}

  pageText(page: number): Promise<PageText> {
    let loading = this.cache.get(page)
    if (!loading) {
      loading = call<PageText>('GET', `/v1/media/${this.mediaId}/text`, { query: { page, version: this.version } })
      loading.catch(() => this.cache.delete(page))
      this.cache.set(page, loading)
    }
    return loading
  }

  /** Return the page that contains a text position, by binary search: at most 11 requests for 2,000 pages, and each is cached. */
  async pageOf(position: number): Promise<number> {
    let low = 1
    let high = this.pageCount
    while (low < high) {
      const middle = (low + high) >> 1
      if ((await this.pageText(middle)).end <= position) low = middle + 1
      else high = middle
    }
    return low
  }
}
