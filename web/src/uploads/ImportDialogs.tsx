import { useId, useLayoutEffect, useMemo, useState } from 'preact/hooks'
import { MAX_CHARACTERS } from '../api/limits'
import { Field } from '../parts/Field'
import { FormDialog } from '../parts/FormDialog'
import { Name } from '../parts/Name'
import { t } from '../texts'
import { formatBytes } from '../texts/format'
import { type ImportDialog, importDialog } from './importDialog'
import { importAddress, importText } from './imports'
import { addFiles } from './uploads'

const close = () => {
  importDialog.value = null
}

/** The dialog for a web address, a text, or files of another app. */
export function ImportDialogs({ dialog }: { dialog: ImportDialog }) {
  // Pasting works at once. The dialog would have the focus on its close button.
  useLayoutEffect(() => document.querySelector<HTMLElement>('dialog :is(.field input, textarea, [type=submit])')?.focus(), [])
  if (dialog.kind === 'files') return <FilesDialog files={dialog.files} />
  return dialog.kind === 'url' ? <AddressDialog value={dialog.value} /> : <TextDialog value={dialog.value} given={dialog.title} />
}

function AddressDialog({ value }: { value: string }) {
  const [address, setAddress] = useState(value)
  const key = useMemo(() => crypto.randomUUID(), [address])
  return (
    <FormDialog title={t.upload.fromAddress} action={t.upload.import} onClose={close} onSubmit={() => importAddress(address, key)}>
      <Field
        label={t.upload.address}
        hint={t.upload.addressHint}
        value={address}
        onValue={setAddress}
        inputMode="url"
        autocapitalize="none"
        spellcheck={false}
        maxLength={MAX_CHARACTERS.url}
        required
      />
    </FormDialog>
  )
}

function TextDialog({ value, given }: { value: string; given: string }) {
  const [text, setText] = useState(value)
  const [title, setTitle] = useState(given)
  const key = useMemo(() => crypto.randomUUID(), [text, title])
  const id = useId()
  return (
    <FormDialog title={t.upload.pasteText} action={t.upload.addText} onClose={close} onSubmit={() => importText(text, title, key)}>
      <div class="field">
        <label for={id}>{t.upload.text}</label>
        <textarea
          id={id}
          class="pasted-text"
          rows={9}
          required
          value={text}
          placeholder={t.upload.textHint}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </div>
      <Field label={t.upload.textTitle} value={title} onValue={setTitle} maxLength={MAX_CHARACTERS.title} />
    </FormDialog>
  )
}

function FilesDialog({ files }: { files: File[] }) {
  return (
    <FormDialog title={t.upload.received(files.length)} action={t.upload.addText} onClose={close} onSubmit={async () => addFiles(files)}>
      <ul class="received-files">
        {files.map((file) => (
          <li key={file}>
            <Name>{file.name}</Name> <span class="dim">{formatBytes(file.size)}</span>
          </li>
        ))}
      </ul>
    </FormDialog>
  )
}
