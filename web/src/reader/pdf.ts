import * as pdfjs from 'pdfjs-dist'
import workerUrl from 'pdfjs-dist/build/pdf.worker.min.mjs?url'
import type { SignedUrl } from '../library/model'
import { call } from '../platform/api'

export type PdfDocument = pdfjs.PDFDocumentProxy
export type PdfPage = pdfjs.PDFPageProxy
export const { TextLayer } = pdfjs

pdfjs.GlobalWorkerOptions.workerSrc = workerUrl
const worker = new pdfjs.PDFWorker() // one for all documents: it takes as long to start as a page to paint
const resource = (folder: string) => new URL(`${PDF_RESOURCES}${folder}/`, document.baseURI).href

/** A document, opened anew with a fresh address when its address has run out in the middle. */
export class Pdf {
  private opened: Promise<PdfDocument> | null = null

  constructor(private readonly mediaId: string) {}

  open(): Promise<PdfDocument> {
    this.opened ??= this.load()
    return this.opened
  }

  /** Do something with a page; once more with a fresh address when storage refuses the old one. */
  async with<T>(number: number, work: (page: PdfPage) => Promise<T>): Promise<T> {
    const opened = this.open()
    try {
      return await work(await (await opened).getPage(number))
    } catch (error) {
      if (!(error instanceof pdfjs.ResponseException)) throw error
      if (this.opened === opened) this.close() // the first page that was refused; the others find it opened anew
      return work(await (await this.open()).getPage(number))
    }
  }

  close(): void {
    void this.opened?.then((document) => document.loadingTask.destroy()).catch(() => undefined)
    this.opened = null
  }

  private async load(): Promise<PdfDocument> {
    // The signed address itself: each range is a request of its own, and a redirect would double them.
    const { url } = await call<SignedUrl>('GET', `/v1/media/${this.mediaId}/url`, { query: { variant: 'view' } })
    return pdfjs.getDocument({
      url,
      worker,
      cMapUrl: resource('cmaps'),
      standardFontDataUrl: resource('standard_fonts'),
      iccUrl: resource('iccs'),
      wasmUrl: resource('wasm'),
      useWasm: false, // the page's policy allows none; the decoders exist in JavaScript, too
      enableXfa: false,
    }).promise
  }
}
