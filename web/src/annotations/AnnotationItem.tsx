import type { ComponentChildren } from 'preact'
import { Icon } from '../parts/Icon'
import { Name } from '../parts/Name'
import { t } from '../texts'
import { formatDate } from '../texts/format'
import type { Annotation } from './model'

/** The name of an annotation in labels: its beginning. */
export function annotationName({ quotation, note, page }: Annotation): string {
  const text = quotation.exact.replace(/\s+/g, ' ').trim() || note || (page ? t.reader.pageNumber(page) : '')
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

interface Props {
  annotation: Annotation
  /** A link or a button around the passage. */
  renderPassage: (passage: ComponentChildren) => ComponentChildren
  /** Where the annotation is, if the list has several documents. */
  children?: ComponentChildren
  onEdit: () => void
  onDelete: () => void
}

/** An annotation in a list: its passage, note and place, with buttons to edit and delete it. */
export function AnnotationItem({ annotation, renderPassage, children, onEdit, onDelete }: Props) {
  const { kind, colour, note, page, quotation, detached, created_at } = annotation
  const name = annotationName(annotation)
  // The quotation of a bookmark ends in the middle of a word.
  const quoted = kind === 'bookmark' ? quotation.exact.trim().replace(/\s\S*$/, '') : quotation.exact.trim()
  const passage = quoted || (page ? t.reader.pageNumber(page) : t.annotations.bookmark)
  return (
    <li class={`annotation ${colour ? `annotation-${colour}` : 'annotation-place'}`}>
      {children}
      {renderPassage(
        <>
          {kind === 'bookmark' && <Icon name="bookmark" size={18} />}
          <span class="annotation-passage">
            <Name>{passage}</Name>
            {kind === 'bookmark' && quotation.exact && ' …'}
          </span>
        </>,
      )}
      {note && (
        <p class="annotation-text" dir="auto">
          {note}
        </p>
      )}
      <div class="annotation-footer">
        <span class="dim">
          {[
            colour && t.annotations.colours[colour],
            page && t.reader.pageNumber(page),
            formatDate(created_at),
            detached && t.annotations.detached,
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
        <span>
          <button type="button" class="quiet square" aria-label={t.annotations.editOf(name)} onClick={onEdit}>
            <Icon name="edit" size={18} />
          </button>
          <button type="button" class="quiet square" aria-label={t.annotations.deleteOf(name)} onClick={onDelete}>
            <Icon name="trash" size={18} />
          </button>
        </span>
      </div>
    </li>
  )
}
