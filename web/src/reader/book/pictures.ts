import type { BookDocument } from './bookDocument'

const MAX_WAIT_MS = 20_000 // for all pictures, before a document is printed without some

/**
 * Give pictures fresh addresses when theirs have expired, once each: a page may stay open for days.
 * Returns a function that stops it.
 */
export function renewPictures(root: HTMLElement, book: BookDocument, sectionOf: (image: Element) => number): () => void {
  const renewed = new WeakSet<HTMLImageElement>()
  const onError = ({ target: image }: Event) => {
    if (!(image instanceof HTMLImageElement) || renewed.has(image)) return
    renewed.add(image)
    book.renew(sectionOf(image)).then(
      ({ images }) => {
        const name = image.dataset.image ?? ''
        if (Object.hasOwn(images, name)) image.src = images[name] ?? ''
      },
      () => renewed.delete(image), // tried again when the picture is shown the next time
    )
  }
  root.addEventListener('error', onError, true) // the event does not bubble
  return () => root.removeEventListener('error', onError, true)
}

/** Load all pictures, also those that are far from the window. */
export async function loadPictures(root: HTMLElement): Promise<void> {
  const loading = [...root.querySelectorAll('img')].map((image) => {
    image.loading = 'eager'
    if (image.complete) return Promise.resolve()
    return new Promise((resolve) => {
      image.addEventListener('load', resolve, { once: true })
      image.addEventListener('error', resolve, { once: true })
    })
  })
  await Promise.race([Promise.all(loading), new Promise((resolve) => setTimeout(resolve, MAX_WAIT_MS))])
}
