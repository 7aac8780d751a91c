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
import { addTags, addToCollection, saveTags, updateMedia } from './actions'
import { Edit, mergeTags } from './changes'
import type { Collection, Media } from './model'
import { TagSuggestions } from './TagSuggestions'

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

/** The fields of a media's metadata, as users edit them. */
const metadataForm = ({ metadata }: Media) => ({
  creators: metadata.creators.join('; '),
  series: metadata.series ?? '',
  series_index: metadata.series_index === null ? '' : String(metadata.series_index),
  publisher: metadata.publisher ?? '',
  published: metadata.published ?? '',
})

/** Edited fields as the API takes them: null for one that was emptied. */
function metadataChanges({ creators, series_index: index, ...texts }: Partial<ReturnType<typeof metadataForm>>): object {
  const changes: Record<string, unknown> = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, text.trim() || null]))
  if (creators !== undefined) changes.creators = creators.split(';').flatMap((name) => name.trim() || [])
  if (index !== undefined) changes.series_index = index.trim() ? Number(index.replace(',', '.')) : null
  return changes
}

/** Edits what a file says of itself. */
export function MetadataDialog({ media, onClose }: { media: Media; onClose: () => void }) {
  const [form, setForm] = useState(() => metadataForm(media))
  const edit = useMemo(() => new Edit(metadataForm(media), changedElsewhere), [])
  const submit = () => updateMedia(media, (current) => ({ metadata: metadataChanges(edit.changes(form, metadataForm(current))) }))
  const set = (name: keyof typeof form) => (value: string) => setForm({ ...form, [name]: value })
  return (
    <FormDialog title={t.reader.editDetails} action={t.save} onClose={onClose} onSubmit={submit}>
      <Field label={t.reader.authors} hint={t.reader.authorsHint} value={form.creators} onValue={set('creators')} />
      <Field label={t.reader.series} value={form.series} onValue={set('series')} maxLength={MAX_CHARACTERS.title} />
      <Field
        label={t.reader.seriesIndex}
        value={form.series_index}
        onValue={set('series_index')}
        inputMode="numeric"
        pattern="[0-9]+([.,][0-9]+)?"
      />
      <Field label={t.reader.publisher} value={form.publisher} onValue={set('publisher')} maxLength={MAX_CHARACTERS.title} />
      <Field label={t.reader.published} hint={t.reader.publishedHint} value={form.published} onValue={set('published')} />
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
        single ? saveTags(single, (current) => ({ tags: mergeTags(single.tags, tags(), current.tags) })) : addTags(media, tags())
      }
    >
      <Field label={single ? t.library.tags : t.library.tagsToAdd} hint={t.library.tagsHint} value={text} onValue={setText} />
      <TagSuggestions text={text} onText={setText} />
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
