import { call } from '../../api/client'
import type { SignedUrl } from '../../library/model'
import { type ComicPage, directoryRange, readDirectory, readPage } from './zip'

const TAIL_BYTES = 64 * 1024 // holds the directory of a thousand pages
const HEADER_SLACK_BYTES = 128 // name and extra field of an entry

/** The view copy of a comic book: a ZIP archive with stored pages, of which only those in view are loaded. */
export class ComicBook {
  private signed: Promise<SignedUrl> | null = null

  constructor(private readonly mediaId: string) {}

  async pages(): Promise<ComicPage[]> {
    const { size_bytes: size } = await this.currentUrl()
    const start = Math.max(0, size - TAIL_BYTES)
    const tail = await this.bytes(start, size)
    const directory = directoryRange(tail)
    return readDirectory(
      directory.start >= start ? tail.subarray(directory.start - start) : await this.bytes(directory.start, directory.end),
    )
  }

  async load(page: ComicPage): Promise<Blob> {
    const { size_bytes: size } = await this.currentUrl()
    return readPage(await this.bytes(page.offset, Math.min(size, page.offset + page.size + HEADER_SLACK_BYTES)), page)
  }

  private currentUrl(): Promise<SignedUrl> {
    this.signed ??= call<SignedUrl>('GET', `/v1/media/${this.mediaId}/url`, { query: { variant: 'view' } })
    return this.signed
  }

  /** Load a range, once more with a fresh URL if the current one has expired. */
  private async bytes(start: number, end: number): Promise<Uint8Array> {
    const request = async () => fetch((await this.currentUrl()).url, { headers: { Range: `bytes=${start}-${end - 1}` } })
    let response = await request()
    if (response.status === 403) {
      this.signed = null
      response = await request()
    }
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    return new Uint8Array(await response.arrayBuffer())
  }
}
