import { useMemo, useState } from 'preact/hooks'
import { call, patch } from '../api/client'
import { MAX_CHARACTERS } from '../api/limits'
import { Problem } from '../api/problem'
import { Dialog } from '../parts/Dialog'
import { displayName } from '../parts/displayName'
import { Field } from '../parts/Field'
import { FormDialog } from '../parts/FormDialog'
import { Name } from '../parts/Name'
import { t } from '../texts'
import { collections, loadCollections } from './account'
import { addTags, addToCollection, updateMedia } from './actions'
import { Edit, mergeTags } from './changes'
import type { Collection, Media } from './model'

const changedElsewhere = (value: string) => new Problem(412, 'changed_elsewhere', t.changedElsewhere(displayName(value)))

/** Edits a media's title. */
export function RenameDialog({ media, onClose }: { media: Media; onClose: () => void }) {
  const [title, setTitle] = useState(media.title)
  const edit = useMemo(() => new Edit(media, changedElsewhere), [])
  const submit = () => updateMedia(media, (current) => edit.changes({ title }, current))
  return (
    <FormDialog title={t.library.rename} action={t.save} onClose={onClose} onSubmit={submit}>
      <Field label={t.library.titleField} value={title} onValue={setTitle} maxLength={MAX_CHARACTERS.title} required />
    </FormDialog>
  )
}

/** Edits the tags of one media, or adds tags to several. */
export function EditTagsDialog({ media, onClose }: { media: Media[]; onClose: () => void }) {
  const single = media.length === 1 ? media[0] : undefined
  const [text, setText] = useState(single?.tags.join(', ') ?? '')
  const tags = () =>
    text
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean)
  return (
    <FormDialog
      title={t.library.editTags}
      action={t.save}
      onClose={onClose}
      onSubmit={() =>
        single ? updateMedia(single, (current) => ({ tags: mergeTags(single.tags, tags(), current.tags) })) : addTags(media, tags())
      }
    >
      <Field label={single ? t.library.tags : t.library.tagsToAdd} hint={t.library.tagsHint} value={text} onValue={setText} />
    </FormDialog>
  )
}

/** Adds media to a collection, which may be a new one. */
export function AddToCollectionDialog({ media, onClose }: { media: Media[]; onClose: () => void }) {
  const [isCreating, setCreating] = useState(collections.value.length === 0)
  if (isCreating) return <CollectionDialog onClose={onClose} onCreated={(created) => addToCollection(created, media)} />
  return (
    <Dialog title={t.library.addToCollection} onClose={onClose}>
      <ul class="button-list">
        {collections.value.map((collection) => (
          <li key={collection.id}>
            <button
              type="button"
              class="quiet"
              onClick={() => {
                void addToCollection(collection, media)
                onClose()
              }}
            >
              <span>
                <Name>{collection.name}</Name>
              </span>
              <span class="dim">{t.library.items(collection.item_count)}</span>
            </button>
          </li>
        ))}
      </ul>
      <div class="dialog-footer">
        <button type="button" class="plain" onClick={() => setCreating(true)}>
          {t.shell.newCollection}
        </button>
      </div>
    </Dialog>
  )
}

interface CollectionDialogProps {
  collection?: Collection
  onClose: () => void
  onCreated?: (created: Collection) => void
}

/** Creates a collection, or edits the name and description of one. */
export function CollectionDialog({ collection, onClose, onCreated }: CollectionDialogProps) {
  const [name, setName] = useState(collection?.name ?? '')
  const [description, setDescription] = useState(collection?.description ?? '')
  const edit = useMemo(() => collection && new Edit(collection, changedElsewhere), [])
  const submit = async () => {
    const body = { name, description }
    const saved = edit
      ? await patch<Collection>(`/v1/collections/${collection?.id}`, (current) => edit.changes(body, current))
      : await call<Collection>('POST', '/v1/collections', { body, idempotencyKey: crypto.randomUUID() })
    await loadCollections()
    onCreated?.(saved)
  }
  return (
    <FormDialog
      title={collection ? t.collections.edit : t.shell.newCollection}
      action={collection ? t.save : t.collections.create}
      onClose={onClose}
      onSubmit={submit}
    >
      <Field label={t.collections.name} value={name} onValue={setName} maxLength={MAX_CHARACTERS.name} required />
      <Field label={t.collections.description} value={description} onValue={setDescription} maxLength={MAX_CHARACTERS.description} />
    </FormDialog>
  )
}
