import { call } from '../api/client'
import { MAX_CHARACTERS } from '../api/limits'
import { errorMessage } from '../api/problem'
import { collections, loadCollections } from '../library/account'
import type { Collection } from '../library/model'
import { toast } from '../parts/toasts'
import { t } from '../texts'
import { addFiles } from './uploads'
import { loadUploadTypes, uploadTypes } from './uploadTypes'

/** A file and the folders that it is in, the outermost first. */
interface FileInFolder {
  file: File
  folders: string[]
}

const SEPARATOR = ' / '

/** The files of a folder that was chosen. */
export function fromInput(files: Iterable<File>): FileInFolder[] {
  return [...files].map((file) => ({ file, folders: file.webkitRelativePath.split('/').slice(0, -1) }))
}

/** The files of folders that were dropped. */
export async function fromEntries(entries: FileSystemEntry[], folders: string[] = []): Promise<FileInFolder[]> {
  const found: FileInFolder[] = []
  for (const entry of entries) {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
      found.push({ file, folders })
    } else found.push(...(await fromEntries(await readFolder(entry as FileSystemDirectoryEntry), [...folders, entry.name])))
  }
  return found
}

/** All entries of a folder: browsers return at most 100 at a time. */
async function readFolder(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader()
  const entries: FileSystemEntry[] = []
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (!batch.length) return entries
    entries.push(...batch)
  }
}

/** Upload files with their folders as collections. Hidden files and those of other types are left out. */
export async function addFolders(files: FileInFolder[]): Promise<void> {
  await loadUploadTypes()
  const endings = new Set(uploadTypes.value?.accept.split(',').filter((name) => name.startsWith('.')))
  const accepted = files.filter(({ file, folders }) => {
    const isHidden = [...folders, file.name].some((name) => name.startsWith('.'))
    return !isHidden && (!endings.size || endings.has(file.name.slice(file.name.lastIndexOf('.')).toLowerCase()))
  })
  const leftOut = files.length - accepted.length
  if (leftOut) toast(t.upload.leftOut(leftOut), { isError: !accepted.length })
  const byFolder = new Map<string, File[]>()
  for (const { file, folders } of accepted) {
    const name = folders.join(SEPARATOR).slice(-MAX_CHARACTERS.name)
    byFolder.set(name, [...(byFolder.get(name) ?? []), file])
  }
  try {
    for (const [name, content] of byFolder) addFiles(content, name ? await collectionFor(name) : null)
  } catch (error) {
    toast(errorMessage(error), { isError: true })
  }
  await loadCollections().catch(() => undefined)
}

/** The id of the collection of that name, which may be a new one. */
async function collectionFor(name: string): Promise<string> {
  const existing = collections.peek().find((collection) => collection.name === name)
  if (existing) return existing.id
  const body = { name, description: '' }
  const created = await call<Collection>('POST', '/v1/collections', { body, idempotencyKey: crypto.randomUUID() })
  return created.id
}
