import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Dialog } from '../parts/Dialog'
import { Icon } from '../parts/Icon'
import { toast } from '../parts/toasts'
import { t } from '../texts'
import { formatBytes } from '../texts/format'
import { addFiles } from './uploads'
import { loadUploadTypes, uploadTypes } from './uploadTypes'

/** Phones and tablets take a photo; on other machines the same input would only open a dialog for files. */
const hasTouch = () => matchMedia('(any-pointer: coarse)').matches

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
      {hasTouch() && (
        <div class="dialog-footer">
          <button type="button" class="plain" onClick={() => camera.current?.click()}>
            <Icon name="camera" /> {t.upload.camera}
          </button>
        </div>
      )}
      <input ref={files} hidden type="file" multiple accept={uploadTypes.value?.accept} onChange={onChange} />
      <input ref={camera} hidden type="file" accept="image/*" capture="environment" onChange={onChange} />
    </Dialog>
  )
}

/** Uploads files that are dropped anywhere on the page, or pasted. */
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
      const entries = [...(event.dataTransfer?.items ?? [])].filter((item) => item.kind === 'file')
      const isFolder = (item: DataTransferItem) => item.webkitGetAsEntry()?.isDirectory ?? false
      if (entries.some(isFolder)) toast(t.upload.folders, { isError: true })
      addFiles(entries.filter((item) => !isFolder(item)).flatMap((item) => item.getAsFile() ?? []))
    }
    const onPaste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])]
      if (!files.length) return
      event.preventDefault()
      addFiles(files)
    }
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
  return isOver ? (
    <div class="drop-zone" aria-hidden="true">
      <Icon name="upload" size={56} />
      <p>{t.upload.drop}</p>
    </div>
  ) : null
}
