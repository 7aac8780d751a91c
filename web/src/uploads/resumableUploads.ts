/** Files on their way, kept by the browser so that a reload loses nothing. */
export interface KeptUpload {
  id: string
  file: File
  mediaId: string | null
  owner: string
}

const NAME = 'visionary-uploads'

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1)
    request.onupgradeneeded = () => request.result.createObjectStore('uploads', { keyPath: 'id' })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

async function run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open()
  try {
    return await new Promise((resolve, reject) => {
      const request = work(database.transaction('uploads', mode).objectStore('uploads'))
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  } finally {
    database.close()
  }
}

// Private windows and full disks refuse: then an upload simply does not survive a reload.

export async function keep(upload: KeptUpload): Promise<void> {
  await run('readwrite', (store) => store.put(upload)).catch(() => undefined)
}

export async function forget(id: string): Promise<void> {
  await run('readwrite', (store) => store.delete(id)).catch(() => undefined)
}

export async function kept(owner: string): Promise<KeptUpload[]> {
  const all = await run('readonly', (store) => store.getAll() as IDBRequest<KeptUpload[]>).catch(() => [])
  return all.filter((upload) => upload.owner === owner)
}
