interface OptionsProps {
  label: string
  names: Record<string, string>
  value: string
  onValue: (value: string) => void
}

/** Some possibilities of which one holds. */
export function Options({ label, names, value, onValue }: OptionsProps) {
  return (
    <fieldset class="options">
      <legend class="label">{label}</legend>
      {Object.entries(names).map(([key, name]) => (
        <label key={key} class={`option option-${key}`}>
          <input type="radio" name={label} checked={value === key} onChange={() => onValue(key)} />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  )
}
