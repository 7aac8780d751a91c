import { Icon } from '../parts/Icon'
import { Menu } from '../parts/Menu'
import { persistedSignal } from '../platform/preferences'
import { navigate, pathWithQuery } from '../platform/route'
import { labelFor, t } from '../texts'
import { account } from './account'

// Stored as 'shape', the name of earlier versions.
export const layout = persistedSignal<'grid' | 'list'>('shape', 'grid')
export const sort = persistedSignal<string>('sort', '-created_at')

/** An active filter; clicking it removes it. */
export function ActiveFilter({ name, label }: { name: string; label: string }) {
  return (
    <a class="tag removable" href={`#${pathWithQuery({ [name]: null })}`} aria-label={t.library.removeFilter(label)}>
      {label} <Icon name="close" size={14} />
    </a>
  )
}

export function FilterMenu({ status }: { status: string }) {
  const counts = account.value?.usage.media
  const statuses = ['ready', 'inspecting', 'pending', 'rejected'] as const
  const items = ['', ...statuses].map((value) => ({
    label: value ? `${labelFor(t.library.statuses, value)}${counts ? ` (${counts[value as 'ready']})` : ''}` : t.library.anyStatus,
    checked: status === value,
    onSelect: () => navigate(pathWithQuery({ status: value || null })),
  }))
  return (
    <Menu label={`${t.library.filter}: ${labelFor(t.library.statuses, status) ?? t.library.anyStatus}`} class="quiet" items={items}>
      {t.library.filter} <Icon name="down" size={16} />
    </Menu>
  )
}

export function LayoutToggle() {
  return (
    <fieldset class="segmented-control">
      <legend class="visually-hidden">{t.library.view}</legend>
      {(['grid', 'list'] as const).map((value) => (
        <button
          key={value}
          type="button"
          class="quiet square"
          aria-label={t.library[value]}
          aria-pressed={layout.value === value}
          onClick={() => {
            layout.value = value
          }}
        >
          <Icon name={value} />
        </button>
      ))}
    </fieldset>
  )
}
