/** An unfinished upload, kept in IndexedDB so that it resumes after a reload. */
export interface ResumableUpload {
  id: string
  file: File
  mediaId: string | null
  owner: string
}

const DATABASE = 'visionary-uploads'

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1)
    request.onupgradeneeded = () => request.result.createObjectStore('uploads', { keyPath: 'id' })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

async function runRequest<T>(mode: IDBTransactionMode, start: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await openDatabase()
  try {
    return await new Promise((resolve, reject) => {
      const request = start(database.transaction('uploads', mode).objectStore('uploads'))
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  } finally {
    database.close()
  }
}

// IndexedDB fails in some private windows and on full disks. The upload then works, but does not survive a reload.

export async function save(upload: ResumableUpload): Promise<void> {
  await runRequest('readwrite', (store) => store.put(upload)).catch(() => undefined)
}

export async function remove(id: string): Promise<void> {
  await runRequest('readwrite', (store) => store.delete(id)).catch(() => undefined)
}

/** The saved uploads of a user. */
export async function list(owner: string): Promise<ResumableUpload[]> {
  const saved = await runRequest('readonly', (store) => store.getAll() as IDBRequest<ResumableUpload[]>).catch(() => [])
  return saved.filter((upload) => upload.owner === owner)
}
