import type { ComponentChildren } from 'preact'
import { Icon } from './Icon'

interface Props {
  icon: 'upload' | 'trash' | 'search' | 'collection' | 'queue'
  title: string
  hint: string
  children?: ComponentChildren
}

/** Explains why a list is empty and what to do next. */
export function EmptyState({ icon, title, hint, children }: Props) {
  return (
    <div class="empty-state">
      <Icon name={icon} size={44} />
      <h2>{title}</h2>
      {hint && <p>{hint}</p>}
      {children}
    </div>
  )
}
