import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Dialog } from '../parts/Dialog'
import { Icon } from '../parts/Icon'
import { lazy } from '../parts/lazy'
import { t } from '../texts'
import { formatBytes } from '../texts/format'
import { importDialog, openImportDialog, takeShared } from './imports'
import { addFiles } from './uploads'
import { loadUploadTypes, uploadTypes } from './uploadTypes'
import { addressIn } from './webAddress'

/** Phones and tablets take a photo; on other machines the same input would only open a dialog for files. */
const hasTouch = () => matchMedia('(any-pointer: coarse)').matches

const ImportDialogs = lazy(() => import('./ImportDialogs').then((module) => module.ImportDialogs), { isDialog: true })

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

function AddFilesDialog({ onClose }: { onClose: () => void }) {
  const files = useRef<HTMLInputElement>(null)
  const camera = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)
  const openImport = (kind: 'url' | 'text') => {
    onClose()
    openImportDialog(kind)
  }
  const onChange = (event: Event) => {
    const input = event.currentTarget as HTMLInputElement
    addFiles(input.files ?? [])
    input.value = ''
    onClose()
  }
  useEffect(() => void loadUploadTypes(), [])
  const maxBytes = uploadTypes.value?.max_file_bytes
  return (
    <Dialog title={t.shell.add} onClose={onClose}>
      <button type="button" class="drop-target" onClick={() => files.current?.click()}>
        <Icon name="upload" size={36} />
        <strong>{t.upload.choose}</strong>
        <span class="dim pointer-only">
          {t.upload.dropAnywhere}, {t.upload.paste}
        </span>
      </button>
      {maxBytes !== undefined && <p class="hint">{t.upload.acceptedTypes(formatBytes(maxBytes))}</p>}
      <div class="ways-in">
        <button type="button" class="plain" onClick={() => openImport('url')}>
          <Icon name="link" /> {t.upload.fromAddress}…
        </button>
        <button type="button" class="plain" onClick={() => openImport('text')}>
          <Icon name="letters" /> {t.upload.pasteText}…
        </button>
        {hasTouch() ? (
          <button type="button" class="plain" onClick={() => camera.current?.click()}>
            <Icon name="camera" /> {t.upload.camera}
          </button>
        ) : (
          <button type="button" class="plain" onClick={() => folder.current?.click()}>
            <Icon name="collection" /> {t.upload.folder}…
          </button>
        )}
      </div>
      <input ref={files} hidden type="file" multiple accept={uploadTypes.value?.accept} onChange={onChange} />
      <input
        ref={(element) => {
          folder.current = element
          element?.setAttribute('webkitdirectory', '')
        }}
        hidden
        type="file"
        onChange={(event) => {
          const chosen = [...(event.currentTarget.files ?? [])]
          onClose()
          void import('./folders').then((module) => module.addFolders(module.fromInput(chosen)))
        }}
      />
      <input ref={camera} hidden type="file" accept="image/*" capture="environment" onChange={onChange} />
    </Dialog>
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
    takeShared()
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
