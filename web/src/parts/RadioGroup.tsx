interface Props {
  label: string
  options: Record<string, string>
  value: string
  onValue: (value: string) => void
}

/** A set of radio buttons. `options` are labels by value. */
export function RadioGroup({ label, options, value, onValue }: Props) {
  return (
    <fieldset class="radio-group">
      <legend class="label">{label}</legend>
      {Object.entries(options).map(([key, text]) => (
        <label key={key} class={`radio-option radio-option-${key}`}>
          <input type="radio" name={label} checked={value === key} onChange={() => onValue(key)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  )
}
