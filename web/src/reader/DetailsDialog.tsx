import { Fragment } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { call } from '../api/client'
import { MetadataDialog } from '../library/dialogs'
import type { Media } from '../library/model'
import { Dialog } from '../parts/Dialog'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { Name } from '../parts/Name'
import { formatNumber, languageName, t } from '../texts'
import { formatBytes, formatDateTime, formatTime } from '../texts/format'

/** The metadata of a media; `onChanged` follows a correction. */
export function DetailsDialog({ media, onClose, onChanged }: { media: Media; onClose: () => void; onChanged: () => void }) {
  const [isEditing, setEditing] = useState(false)
  const [first, setFirst] = useState<Media | null>(null)
  useEffect(() => {
    if (media.duplicate_of) call<Media>('GET', `/v1/media/${media.duplicate_of}`).then(setFirst, () => undefined)
  }, [media.duplicate_of])
  if (isEditing)
    return (
      <MetadataDialog
        media={media}
        onClose={() => {
          onClose()
          onChanged()
        }}
      />
    )
  const { creators, series, series_index: seriesIndex, publisher, published } = media.metadata
  const facts: [string, string][] = []
  if (creators.length) facts.push([t.reader.authors, displayName(creators.join(', '))])
  if (series) facts.push([t.reader.series, displayName([series, seriesIndex ?? ''].join(' ').trim())])
  if (publisher) facts.push([t.reader.publisher, displayName(publisher)])
  if (published) facts.push([t.reader.published, published])
  facts.push([t.reader.type, media.media_type])
  facts.push([t.reader.size, formatBytes(media.size_bytes)])
  facts.push([t.reader.added, formatDateTime(media.created_at)])
  if (media.page_count) facts.push([t.reader.pages, formatNumber(media.page_count)])
  if (media.word_count) facts.push([t.reader.text, t.library.words(media.word_count)])
  if (media.duration_ms) facts.push([t.listening.length, formatTime(media.duration_ms)])
  if (media.language) facts.push([t.reader.language, languageName(media.language)])
  return (
    <Dialog title={t.reader.details} onClose={onClose}>
      <dl class="facts">
        <dt>{t.reader.file}</dt>
        <dd>
          <Name>{media.filename}</Name>
        </dd>
        {facts.map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
        {first && (
          <>
            <dt>{t.reader.sameFileAs}</dt>
            <dd>
              <a href={`#/media/${first.id}`} onClick={onClose}>
                <Name>{first.title}</Name>
              </a>
            </dd>
          </>
        )}
        {media.source_url && (
          <>
            <dt>{t.reader.source}</dt>
            <dd class="details-source">
              <a href={media.source_url} target="_blank" rel="noopener noreferrer">
                {media.source_url}
              </a>
            </dd>
          </>
        )}
        {media.tags.length > 0 && (
          <>
            <dt>{t.library.tags}</dt>
            <dd class="details-tags">
              {media.tags.map((tag) => (
                <a key={tag} class="tag" href={`#/library?tag=${encodeURIComponent(tag)}`}>
                  {tag}
                </a>
              ))}
            </dd>
          </>
        )}
      </dl>
      <div class="dialog-footer">
        <button type="button" class="plain" onClick={() => setEditing(true)}>
          <Icon name="edit" /> {t.reader.editDetails}
        </button>
      </div>
    </Dialog>
  )
}
