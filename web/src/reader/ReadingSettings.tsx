import { Dialog } from '../parts/Dialog'
import { Options } from '../parts/RadioGroup'
import { remembered } from '../platform/preferences'
import { t } from '../texts'

export const reading = remembered('reading', { size: 20, line: 1.65, width: 36, font: 'serif', paper: 'system' })

const FONTS: Record<string, string> = {
  serif: '"Literata Variable", Georgia, serif',
  sans: 'var(--sans)',
  dyslexic: 'OpenDyslexic, var(--sans)',
}

/** What the text looks like, as custom properties. */
export function look(): Record<string, string> {
  const { size, line, width, font } = reading.value
  return { '--text-size': `${size / 16}rem`, '--text-line': String(line), '--text-width': `${width}em`, '--text-font': FONTS[font] ?? '' }
}

export function Settings({ onClose }: { onClose: () => void }) {
  const set = (changes: Partial<typeof reading.value>) => {
    reading.value = { ...reading.value, ...changes }
  }
  return (
    <Dialog title={t.reader.settings} kind="sheet" isClear onClose={onClose}>
      <Slider label={t.reader.fontSize} min={14} max={40} step={1} value={reading.value.size} onValue={(size) => set({ size })} />
      <Slider label={t.reader.lineHeight} min={1.2} max={2.4} step={0.05} value={reading.value.line} onValue={(line) => set({ line })} />
      <Slider label={t.reader.width} min={20} max={60} step={1} value={reading.value.width} onValue={(width) => set({ width })} />
      <Options label={t.reader.font} names={t.reader.fonts} value={reading.value.font} onValue={(font) => set({ font })} />
      <Options label={t.reader.paper} names={t.reader.papers} value={reading.value.paper} onValue={(paper) => set({ paper })} />
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

function Slider({ label, value, onValue, ...rest }: SliderProps) {
  return (
    <label class="slider">
      <span class="label">{label}</span>
      <input type="range" value={value} {...rest} onInput={(event) => onValue(event.currentTarget.valueAsNumber)} />
    </label>
  )
}
