import { signal } from '@preact/signals'
import { callAnonymously } from '../api/client'

/** Which files are accepted. */
interface UploadTypes {
  /** For the attribute of that name of a file input. */
  accept: string
  max_file_bytes: number
}

export const uploadTypes = signal<UploadTypes | null>(null)

/** Load the accepted types once. Without them, the picker offers all files, and the server says which it does not accept. */
export async function loadUploadTypes(): Promise<void> {
  uploadTypes.value ??= await callAnonymously<UploadTypes>('/v1/upload-types').catch(() => null)
}
