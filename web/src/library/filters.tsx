import { Icon } from '../parts/Icon'
import { Menu } from '../parts/Menu'
import { remembered } from '../platform/preferences'
import { go, withQuery } from '../platform/route'
import { t, textOf } from '../texts'
import { account } from './account'

export const shape = remembered<'grid' | 'list'>('shape', 'grid')
export const sort = remembered<string>('sort', '-created_at')

export function Filter({ name, label }: { name: string; label: string }) {
  return (
    <a class="tag removable" href={`#${withQuery({ [name]: null })}`} aria-label={t.library.filterIsOn(label)}>
      {label} <Icon name="close" size={14} />
    </a>
  )
}

export function FilterMenu({ status }: { status: string }) {
  const counted = account.value?.usage.media
  const states = ['ready', 'inspecting', 'pending', 'rejected'] as const
  const choices = ['', ...states].map((state) => ({
    label: state ? `${textOf(t.library.statuses, state)}${counted ? ` (${counted[state as 'ready']})` : ''}` : t.library.anyStatus,
    checked: status === state,
    onChoose: () => go(withQuery({ status: state || null })),
  }))
  return (
    <Menu label={`${t.library.filter}: ${textOf(t.library.statuses, status) ?? t.library.anyStatus}`} class="quiet" choices={choices}>
      {t.library.filter} <Icon name="down" size={16} />
    </Menu>
  )
}

export function ShapeSwitch() {
  return (
    <fieldset class="switch">
      <legend class="unseen">{t.library.view}</legend>
      {(['grid', 'list'] as const).map((kind) => (
        <button
          key={kind}
          type="button"
          class="quiet square"
          aria-label={t.library[kind]}
          aria-pressed={shape.value === kind}
          onClick={() => {
            shape.value = kind
          }}
        >
          <Icon name={kind} />
        </button>
      ))}
    </fieldset>
  )
}
