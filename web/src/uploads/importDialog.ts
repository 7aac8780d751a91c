import { signal } from '@preact/signals'

/** A dialog that imports, with what was pasted or shared. */
export type ImportDialog = { kind: 'url' | 'text'; value: string; title: string } | { kind: 'files'; files: File[] }

export const importDialog = signal<ImportDialog | null>(null)

export function openImportDialog(kind: 'url' | 'text', value = '', title = ''): void {
  importDialog.value = { kind, value, title }
}
