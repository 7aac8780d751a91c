import { Icon } from '../parts/Icon'
import { Menu } from '../parts/Menu'
import { t } from '../texts'
import type { Listening } from './listening'
import { isSkippedWhilePlaying, skipWhilePlaying } from './preferences'

/** A switch for each kind of content that the recording speaks beside its text; nothing if there is none. */
export function SkipMenu({ listening }: { listening: Listening }) {
  const kinds = listening.skipped.kinds.value
  if (!kinds.length) return null
  const isActive = kinds.some(isSkippedWhilePlaying)
  const items = kinds.map((kind) => ({
    label: t.listening.kinds[kind],
    checked: isSkippedWhilePlaying(kind),
    isSwitch: true,
    onSelect: () => skipWhilePlaying(kind, !isSkippedWhilePlaying(kind)),
  }))
  return (
    <Menu label={t.listening.skipWhilePlaying} class={`quiet square ${isActive ? 'on' : ''}`} items={items}>
      <Icon name="skip" />
    </Menu>
  )
}
