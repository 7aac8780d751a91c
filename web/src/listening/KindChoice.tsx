import { t } from '../texts'
import { SIDE_KINDS, type SideKind, toggleKind } from './preferences'

interface Props {
  label: string
  /** The kinds that are offered, and those that are checked. */
  kinds?: readonly SideKind[]
  value: readonly string[]
  onValue: (kinds: string[]) => void
  labelOf?: (kind: SideKind) => string
}

/** Checkboxes for kinds of content to skip. */
export function KindChoice({ label, kinds = SIDE_KINDS, value, onValue, labelOf = (kind) => t.listening.kinds[kind] }: Props) {
  return (
    <fieldset class="kind-choice">
      <legend class="label">{label}</legend>
      {kinds.map((kind) => (
        <label key={kind}>
          <input type="checkbox" checked={value.includes(kind)} onChange={() => onValue(toggleKind(value, kind))} />
          {labelOf(kind)}
        </label>
      ))}
    </fieldset>
  )
}
