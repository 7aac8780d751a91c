// The parts of a ZIP archive that a view copy of a comic book has (APPNOTE 4.3): stored entries, a directory, an end record.

const END_RECORD = 0x06054b50
const DIRECTORY_ENTRY = 0x02014b50
const LOCAL_HEADER = 0x04034b50
const TYPES: Record<string, string> = { jpg: 'image/jpeg', png: 'image/png', webp: 'image/webp', gif: 'image/gif' }

/** A page: where its entry begins in the file, and the size of its picture in bytes. */
export interface ComicPage {
  name: string
  offset: number
  size: number
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Return where the directory is in the file, by the end record in the last bytes of the file. */
export function directoryRange(tail: Uint8Array): { start: number; end: number } {
  const data = view(tail)
  for (let at = tail.length - 22; at >= 0; at--) {
    if (data.getUint32(at, true) !== END_RECORD) continue
    const start = data.getUint32(at + 16, true)
    return { start, end: start + data.getUint32(at + 12, true) }
  }
  throw new Error('The archive has no end record.')
}

/** Return the pages that a directory lists, in its order. It may be followed by other bytes. */
export function readDirectory(directory: Uint8Array): ComicPage[] {
  const data = view(directory)
  const pages: ComicPage[] = []
  let at = 0
  while (at + 46 <= directory.length && data.getUint32(at, true) === DIRECTORY_ENTRY) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => data.getUint16(at + offset, true)) as [
      number,
      number,
      number,
    ]
    const name = new TextDecoder().decode(directory.subarray(at + 46, at + 46 + nameLength))
    if (typeOf(name)) pages.push({ name, size: data.getUint32(at + 20, true), offset: data.getUint32(at + 42, true) })
    at += 46 + nameLength + extraLength + commentLength
  }
  return pages
}

/** Return the picture of a page, from bytes that begin with its entry. */
export function readPage(entry: Uint8Array, page: ComicPage): Blob {
  const data = view(entry)
  if (data.getUint32(0, true) !== LOCAL_HEADER) throw new Error(`${page.name} is not where it should be.`)
  const start = 30 + data.getUint16(26, true) + data.getUint16(28, true)
  return new Blob([entry.slice(start, start + page.size)], { type: typeOf(page.name) ?? '' })
}

function typeOf(name: string): string | undefined {
  return TYPES[name.slice(name.lastIndexOf('.') + 1)]
}
