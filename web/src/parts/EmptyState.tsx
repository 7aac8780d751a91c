import type { ComponentChildren } from 'preact'
import { Icon } from './Icon'

interface NothingProps {
  icon: 'upload' | 'trash' | 'search' | 'collection'
  title: string
  hint: string
  children?: ComponentChildren
}

/** Why nothing stands here, and what to do about it. */
export function Nothing({ icon, title, hint, children }: NothingProps) {
  return (
    <div class="nothing">
      <Icon name={icon} size={44} />
      <h2>{title}</h2>
      {hint && <p>{hint}</p>}
      {children}
    </div>
  )
}
