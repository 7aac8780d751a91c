import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { account } from '../library/account'
import { Dialog } from '../parts/Dialog'
import { Icon } from '../parts/Icon'
import { tell } from '../parts/toasts'
import { t } from '../texts'
import { bytes } from '../texts/format'
import { add } from './uploads'

const ACCEPTED =
  '.pdf,.epub,.docx,.html,.htm,.xhtml,.md,.txt,image/*,audio/*,video/*,.mp3,.m4a,.m4b,.aac,.ogg,.opus,.flac,.wav,.mp4,.webm,.heic,.avif'

/** A button that opens the choice of where files come from. */
export function AddFiles({ class: kind, children }: { class: string; children: ComponentChildren }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <button type="button" class={kind} onClick={() => setOpen(true)}>
        {children}
      </button>
      {isOpen && <Choose onClose={() => setOpen(false)} />}
    </>
  )
}

function Choose({ onClose }: { onClose: () => void }) {
  const files = useRef<HTMLInputElement>(null)
  const camera = useRef<HTMLInputElement>(null)
  const take = (event: Event) => {
    const input = event.currentTarget as HTMLInputElement
    add(input.files ?? [])
    input.value = ''
    onClose()
  }
  const limit = account.value?.limits.file_bytes
  return (
    <Dialog title={t.shell.add} onClose={onClose}>
      <button type="button" class="drop-target" onClick={() => files.current?.click()}>
        <Icon name="upload" size={36} />
        <strong>{t.upload.choose}</strong>
        <span class="dim with-mouse">
          {t.upload.dropAnywhere}, {t.upload.paste}
        </span>
      </button>
      {limit !== undefined && <p class="hint">{t.upload.kinds(bytes(limit))}</p>}
      <div class="dialog-foot">
        <button type="button" class="plain" onClick={() => camera.current?.click()}>
          <Icon name="camera" /> {t.upload.camera}
        </button>
      </div>
      <input ref={files} class="unseen" type="file" multiple accept={ACCEPTED} tabIndex={-1} aria-label={t.upload.choose} onChange={take} />
      <input
        ref={camera}
        class="unseen"
        type="file"
        accept="image/*"
        capture="environment"
        tabIndex={-1}
        aria-label={t.upload.camera}
        onChange={take}
      />
    </Dialog>
  )
}

/** Files dropped anywhere on the page, or pasted, are taken in. */
export function DropZone() {
  const [isOver, setOver] = useState(false)
  useEffect(() => {
    let depth = 0
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const enter = (event: DragEvent) => {
      if (hasFiles(event)) setOver(++depth > 0)
    }
    const leave = (event: DragEvent) => {
      if (hasFiles(event)) setOver(--depth > 0)
    }
    const over = (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault()
    }
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      depth = 0
      setOver(false)
      const entries = [...(event.dataTransfer?.items ?? [])].filter((item) => item.kind === 'file')
      const isFolder = (item: DataTransferItem) => item.webkitGetAsEntry()?.isDirectory ?? false
      if (entries.some(isFolder)) tell(t.upload.folders, { isError: true })
      add(entries.filter((item) => !isFolder(item)).flatMap((item) => item.getAsFile() ?? []))
    }
    const paste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])]
      if (!files.length) return
      event.preventDefault()
      add(files)
    }
    addEventListener('dragenter', enter)
    addEventListener('dragleave', leave)
    addEventListener('dragover', over)
    addEventListener('drop', drop)
    addEventListener('paste', paste)
    return () => {
      removeEventListener('dragenter', enter)
      removeEventListener('dragleave', leave)
      removeEventListener('dragover', over)
      removeEventListener('drop', drop)
      removeEventListener('paste', paste)
    }
  }, [])
  return isOver ? (
    <div class="drop-zone" aria-hidden="true">
      <Icon name="upload" size={56} />
      <p>{t.upload.drop}</p>
    </div>
  ) : null
}
