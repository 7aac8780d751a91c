import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Icon } from '../parts/Icon'
import { lazy } from '../parts/lazy'
import { reportErrors } from '../parts/toasts'
import { t } from '../texts'
import { importDialog, openImportDialog } from './importDialog'
import { addFiles } from './uploads'
import { addressIn } from './webAddress'

const AddFilesDialog = lazy(() => import('./AddFilesDialog').then((module) => module.AddFilesDialog), { isDialog: true, hasTexts: true })
const ImportDialogs = lazy(() => import('./ImportDialogs').then((module) => module.ImportDialogs), { isDialog: true, hasTexts: true })

/** A button that opens the dialog for choosing files. */
export function AddFiles({ class: buttonClass, children }: { class: string; children: ComponentChildren }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <button type="button" class={buttonClass} onClick={() => setOpen(true)}>
        {children}
      </button>
      {isOpen && <AddFilesDialog onClose={() => setOpen(false)} />}
    </>
  )
}

/** Adds what is dropped anywhere on the page, pasted, or shared by another app. */
export function DropZone() {
  const [isOver, setOver] = useState(false)
  useEffect(() => {
    let depth = 0
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const onDragEnter = (event: DragEvent) => {
      if (hasFiles(event)) setOver(++depth > 0)
    }
    const onDragLeave = (event: DragEvent) => {
      if (hasFiles(event)) setOver(--depth > 0)
    }
    const onDragOver = (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault()
    }
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      depth = 0
      setOver(false)
      const items = [...(event.dataTransfer?.items ?? [])].filter((item) => item.kind === 'file')
      // Before the first pause: the browser forgets what was dropped when this event has ended.
      const entries = items.flatMap((item) => item.webkitGetAsEntry() ?? []).filter((entry) => entry.isDirectory)
      addFiles(items.filter((item) => !item.webkitGetAsEntry()?.isDirectory).flatMap((item) => item.getAsFile() ?? []))
      if (entries.length) void import('./folders').then(async (module) => module.addFolders(await module.fromEntries(entries)))
    }
    const onPaste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])]
      const isTyping = (event.target as Element | null)?.closest?.('input, textarea, [contenteditable], dialog')
      const text = event.clipboardData?.getData('text/plain') ?? ''
      const address = addressIn(text)
      if (files.length) addFiles(files)
      else if (isTyping || !text.trim()) return
      else openImportDialog(address ? 'url' : 'text', address || text)
      event.preventDefault()
    }
    const isReceived = new URLSearchParams(location.search).has('received')
    if (isReceived) void reportErrors(async () => (await import('./received')).openReceived())
    addEventListener('dragenter', onDragEnter)
    addEventListener('dragleave', onDragLeave)
    addEventListener('dragover', onDragOver)
    addEventListener('drop', onDrop)
    addEventListener('paste', onPaste)
    return () => {
      removeEventListener('dragenter', onDragEnter)
      removeEventListener('dragleave', onDragLeave)
      removeEventListener('dragover', onDragOver)
      removeEventListener('drop', onDrop)
      removeEventListener('paste', onPaste)
    }
  }, [])
  return (
    <>
      {importDialog.value && <ImportDialogs key={importDialog.value} dialog={importDialog.value} />}
      {isOver && (
        <div class="drop-zone" aria-hidden="true">
          <Icon name="upload" size={56} />
          <p>{t.upload.drop}</p>
        </div>
      )}
    </>
  )
}
