import { Dialog } from '../parts/Dialog'
import { RadioGroup } from '../parts/RadioGroup'
import { persistedSignal } from '../platform/preferences'
import { t } from '../texts'

/** The look of the text; sizes in px, `line` and `width` in em. */
export const readingSettings = persistedSignal('reading', { size: 20, line: 1.65, width: 36, font: 'serif', paper: 'system' })

const FONTS: Record<string, string> = {
  serif: '"Literata Variable", Georgia, serif',
  sans: 'var(--font-sans)',
  dyslexic: 'OpenDyslexic, var(--font-sans)',
}

/** The reading settings as CSS custom properties. */
export function textStyle(): Record<string, string> {
  const { size, line, width, font } = readingSettings.value
  return { '--text-size': `${size / 16}rem`, '--text-line': String(line), '--text-width': `${width}em`, '--text-font': FONTS[font] ?? '' }
}

/** A sheet to change the reading settings. */
export function ReadingSettings({ onClose }: { onClose: () => void }) {
  const update = (changes: Partial<typeof readingSettings.value>) => {
    readingSettings.value = { ...readingSettings.value, ...changes }
  }
  return (
    <Dialog title={t.reader.settings} kind="sheet" hasClearBackdrop onClose={onClose}>
      <Slider
        label={t.reader.fontSize}
        min={14}
        max={40}
        step={1}
        value={readingSettings.value.size}
        onValue={(size) => update({ size })}
      />
      <Slider
        label={t.reader.lineHeight}
        min={1.2}
        max={2.4}
        step={0.05}
        value={readingSettings.value.line}
        onValue={(line) => update({ line })}
      />
      <Slider
        label={t.reader.width}
        min={20}
        max={60}
        step={1}
        value={readingSettings.value.width}
        onValue={(width) => update({ width })}
      />
      <RadioGroup label={t.reader.font} options={t.reader.fonts} value={readingSettings.value.font} onValue={(font) => update({ font })} />
      <RadioGroup
        label={t.reader.paper}
        options={t.reader.papers}
        value={readingSettings.value.paper}
        onValue={(paper) => update({ paper })}
      />
    </Dialog>
  )
}

interface SliderProps {
  label: string
  min: number
  max: number
  step: number
  value: number
  onValue: (value: number) => void
}

function Slider({ label, value, onValue, ...range }: SliderProps) {
  return (
    <label class="slider">
      <span class="label">{label}</span>
      <input type="range" value={value} {...range} onInput={(event) => onValue(event.currentTarget.valueAsNumber)} />
    </label>
  )
}
