import * as pdfjs from 'pdfjs-dist'
import workerUrl from 'pdfjs-dist/build/pdf.worker.min.mjs?url'
import { call } from '../../api/client'
import type { SignedUrl } from '../../library/model'

export type PdfDocument = pdfjs.PDFDocumentProxy
export type PdfPage = pdfjs.PDFPageProxy
export const { TextLayer } = pdfjs

pdfjs.GlobalWorkerOptions.workerSrc = workerUrl
const worker = new pdfjs.PDFWorker() // one for all documents: it takes as long to start as a page to paint
const resource = (folder: string) => new URL(`${PDF_RESOURCES}${folder}/`, document.baseURI).href

/** A document, opened anew with a fresh address when its address has run out in the middle. */
export class Pdf {
  private opened: Promise<PdfDocument> | null = null
  private loading: pdfjs.PDFDocumentLoadingTask | null = null
  private isWanted = false

  constructor(private readonly mediaId: string) {}

  open(): Promise<PdfDocument> {
    this.isWanted = true
    return this.current()
  }

  /** Do something with a page; once more with a fresh address when storage refuses the old one. */
  async with<T>(number: number, work: (page: PdfPage) => Promise<T>): Promise<T> {
    const opened = this.current()
    try {
      return await work(await (await opened).getPage(number))
    } catch (error) {
      const isClosed = this.opened !== opened // another page was refused first, and took this one's document with it
      if (!this.isWanted || !(isClosed || error instanceof pdfjs.ResponseException)) throw error
      if (!isClosed) this.drop()
      return work(await (await this.current()).getPage(number))
    }
  }

  /** What was kept of a page to draw it, is not needed for now. */
  forget(number: number): void {
    void this.opened
      ?.then((document) => document.getPage(number))
      .then(
        (page) => page.cleanup(),
        () => undefined,
      )
  }

  close(): void {
    this.isWanted = false
    this.drop()
  }

  private current(): Promise<PdfDocument> {
    this.opened ??= this.load()
    return this.opened
  }

  private drop(): void {
    void this.loading?.destroy()
    this.loading = null
    this.opened = null
  }

  private async load(): Promise<PdfDocument> {
    // The signed address itself: each range is a request of its own, and a redirect would double them.
    const { url } = await call<SignedUrl>('GET', `/v1/media/${this.mediaId}/url`, { query: { variant: 'view' } })
    if (!this.isWanted) throw new Error('It was closed meanwhile.')
    this.loading = pdfjs.getDocument({
      url,
      worker,
      cMapUrl: resource('cmaps'),
      standardFontDataUrl: resource('standard_fonts'),
      useSystemFonts: false, // the system's may have other widths than the file reckons with
      iccUrl: resource('iccs'),
      wasmUrl: resource('wasm'),
      useWasm: false, // the page's policy allows none; the decoders exist in JavaScript, too
      enableXfa: false,
      // What is looked at is fetched, and no more: a phone's data are its owner's.
      disableAutoFetch: true,
      disableStream: true,
    })
    return this.loading.promise
  }
}
