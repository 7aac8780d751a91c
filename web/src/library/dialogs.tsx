import { useState } from 'preact/hooks'
import { call } from '../api/client'
import { Dialog } from '../parts/Dialog'
import { Field } from '../parts/Field'
import { Ask } from '../parts/FormDialog'
import { t } from '../texts'
import { collections, loadCollections } from './account'
import { addTags, change, putInto } from './actions'
import type { Collection, Media } from './model'

export function RenameMedia({ media, onClose }: { media: Media; onClose: () => void }) {
  const [title, setTitle] = useState(media.title)
  return (
    <Ask title={t.library.rename} action={t.save} onClose={onClose} onSubmit={() => change(media, { title })}>
      <Field label={t.library.title_} value={title} onValue={setTitle} maxLength={300} required />
    </Ask>
  )
}

/** One media: its tags are edited. Several: tags are added to all of them. */
export function EditTags({ media, onClose }: { media: Media[]; onClose: () => void }) {
  const only = media.length === 1 ? media[0] : undefined
  const [text, setText] = useState(only?.tags.join(', ') ?? '')
  const tags = () =>
    text
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean)
  return (
    <Ask
      title={t.library.editTags}
      action={t.save}
      onClose={onClose}
      onSubmit={() => (only ? change(only, { tags: tags() }) : addTags(media, tags()))}
    >
      <Field label={only ? t.library.editTags : t.library.addTag} hint={t.library.tagsHint} value={text} onValue={setText} />
    </Ask>
  )
}

export function Collect({ media, onClose }: { media: Media[]; onClose: () => void }) {
  const [isNew, setNew] = useState(collections.value.length === 0)
  if (isNew) return <EditCollection onClose={onClose} onCreated={(made) => putInto(made, media)} />
  return (
    <Dialog title={t.library.addTo} onClose={onClose}>
      <ul class="choose">
        {collections.value.map((collection) => (
          <li key={collection.id}>
            <button
              type="button"
              class="quiet"
              onClick={() => {
                void putInto(collection, media)
                onClose()
              }}
            >
              <span>{collection.name}</span>
              <span class="dim">{t.library.items(collection.item_count)}</span>
            </button>
          </li>
        ))}
      </ul>
      <div class="dialog-foot">
        <button type="button" class="plain" onClick={() => setNew(true)}>
          {t.shell.newCollection}
        </button>
      </div>
    </Dialog>
  )
}

interface EditProps {
  collection?: Collection
  onClose: () => void
  onCreated?: (made: Collection) => void
}

/** A new collection, or the name and description of one. */
export function EditCollection({ collection, onClose, onCreated }: EditProps) {
  const [name, setName] = useState(collection?.name ?? '')
  const [description, setDescription] = useState(collection?.description ?? '')
  const submit = async () => {
    const body = { name, description }
    const made = collection
      ? await call<Collection>('PATCH', `/v1/collections/${collection.id}`, { body })
      : await call<Collection>('POST', '/v1/collections', { body, idempotencyKey: crypto.randomUUID() })
    await loadCollections()
    onCreated?.(made)
  }
  return (
    <Ask
      title={collection ? t.collections.edit : t.shell.newCollection}
      action={collection ? t.save : t.collections.create}
      onClose={onClose}
      onSubmit={submit}
    >
      <Field label={t.collections.name} value={name} onValue={setName} maxLength={200} required />
      <Field label={t.collections.description} value={description} onValue={setDescription} maxLength={2000} />
    </Ask>
  )
}
