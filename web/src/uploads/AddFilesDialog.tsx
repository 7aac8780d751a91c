import { useEffect, useRef } from 'preact/hooks'
import { Dialog } from '../parts/Dialog'
import { Icon } from '../parts/Icon'
import { t } from '../texts'
import { formatBytes } from '../texts/format'
import { openImportDialog } from './importDialog'
import { addFiles } from './uploads'
import { loadUploadTypes, uploadTypes } from './uploadTypes'

/** Phones and tablets take a photo; on other machines the same input would only open a dialog for files. */
const hasTouch = () => matchMedia('(any-pointer: coarse)').matches

/** The ways to add files. */
export function AddFilesDialog({ onClose }: { onClose: () => void }) {
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
