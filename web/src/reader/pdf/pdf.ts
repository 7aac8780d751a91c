import * as pdfjs from 'pdfjs-dist'
import workerUrl from 'pdfjs-dist/build/pdf.worker.min.mjs?url'
import { call } from '../../api/client'
import type { SignedUrl } from '../../library/model'

export type PdfDocumentProxy = pdfjs.PDFDocumentProxy
export type PdfPageProxy = pdfjs.PDFPageProxy
export const { TextLayer } = pdfjs

pdfjs.GlobalWorkerOptions.workerSrc = workerUrl
const worker = new pdfjs.PDFWorker() // shared by all documents: starting one takes as long as rendering a page
const resourceUrl = (folder: string) => new URL(`${PDF_RESOURCES}${folder}/`, document.baseURI).href

/** A PDF that is opened again with a fresh URL when its signed URL has expired. */
export class Pdf {
  private document: Promise<PdfDocumentProxy> | null = null
  private loadingTask: pdfjs.PDFDocumentLoadingTask | null = null
  private isOpen = false

  constructor(private readonly mediaId: string) {}

  open(): Promise<PdfDocumentProxy> {
    this.isOpen = true
    return this.currentDocument()
  }

  /** Run an action on a page, and once more with a fresh URL if storage rejects the current one. */
  async withPage<T>(number: number, action: (page: PdfPageProxy) => Promise<T>): Promise<T> {
    const document = this.currentDocument()
    try {
      return await action(await (await document).getPage(number))
    } catch (error) {
      const isReplaced = this.document !== document // the request for another page was rejected first and closed this document
      if (!this.isOpen || !(isReplaced || error instanceof pdfjs.ResponseException)) throw error
      if (!isReplaced) this.destroyDocument()
      return action(await (await this.currentDocument()).getPage(number))
    }
  }

  /** Free the memory used to render a page. */
  releasePage(number: number): void {
    void this.document
      ?.then((document) => document.getPage(number))
      .then(
        (page) => page.cleanup(),
        () => undefined,
      )
  }

  close(): void {
    this.isOpen = false
    this.destroyDocument()
  }

  private currentDocument(): Promise<PdfDocumentProxy> {
    this.document ??= this.load()
    return this.document
  }

  private destroyDocument(): void {
    void this.loadingTask?.destroy()
    this.loadingTask = null
    this.document = null
  }

  private async load(): Promise<PdfDocumentProxy> {
    // The signed URL instead of a redirect to it: each range is a request of its own, and redirects would double them.
    const { url } = await call<SignedUrl>('GET', `/v1/media/${this.mediaId}/url`, { query: { variant: 'view' } })
    if (!this.isOpen) throw new Error('The PDF was closed while its URL was loaded.')
    this.loadingTask = pdfjs.getDocument({
      url,
      worker,
      cMapUrl: resourceUrl('cmaps'),
      standardFontDataUrl: resourceUrl('standard_fonts'),
      useSystemFonts: false, // a system font may have other widths than the file expects
      iccUrl: resourceUrl('iccs'),
      wasmUrl: resourceUrl('wasm'),
      useWasm: false, // blocked by the content security policy; the decoders exist in JavaScript as well
      enableXfa: false,
      // Load only the pages that are viewed, to save mobile data.
      disableAutoFetch: true,
      disableStream: true,
    })
    return this.loadingTask.promise
  }
}
