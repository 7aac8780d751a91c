import { Dialog } from '../parts/Dialog'
import { RadioGroup } from '../parts/RadioGroup'
import { persistedSignal } from '../platform/preferences'
import { t } from '../texts'

const MAX_FONT_WAIT_MS = 400

/** The look of the text; sizes in px, spacings and `width` in em. */
export const readingSettings = persistedSignal('reading', {
  size: 20,
  line: 1.65,
  letter: 0,
  word: 0,
  width: 36,
  font: 'serif',
  paper: 'system',
  guide: 'off',
})

const FONTS: Record<string, string> = {
  serif: '"Literata Variable", Georgia, serif',
  sans: 'var(--font-sans)',
  dyslexic: 'OpenDyslexic, var(--font-sans)',
}

/** The reading settings as CSS custom properties. */
export function textStyle(): Record<string, string> {
  const { size, line, letter, word, width, font } = readingSettings.value
  return {
    '--text-size': `${size / 16}rem`,
    '--text-line': String(line),
    '--text-letter': `${letter}em`,
    '--text-word': `${word}em`,
    '--text-width': `${width}em`,
    '--text-font': FONTS[font] ?? '',
  }
}

/** Load the font of the text before it is shown: a font that comes later moves every line. After a while, the text is shown without. */
export async function loadTextFont(): Promise<void> {
  const family = FONTS[readingSettings.peek().font]?.split(',')[0] ?? ''
  const loading = family.startsWith('var') ? [] : ['', 'italic '].map((style) => document.fonts.load(`${style}16px ${family}`))
  await Promise.race([Promise.allSettled(loading), new Promise((resolve) => setTimeout(resolve, MAX_FONT_WAIT_MS))])
}

/** Return the estimated height in px of so many characters of text. */
export function textHeight(codePoints: number): number {
  const { size, line, width } = readingSettings.value
  const lineWidth = Math.min(width * size, innerWidth - 40) // px; letters are about half as wide as they are high
  return (codePoints / (lineWidth / (size * 0.48))) * size * line * 1.15
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
        label={t.reader.letterSpacing}
        min={0}
        max={0.2}
        step={0.01}
        value={readingSettings.value.letter}
        onValue={(letter) => update({ letter })}
      />
      <Slider
        label={t.reader.wordSpacing}
        min={0}
        max={0.6}
        step={0.02}
        value={readingSettings.value.word}
        onValue={(word) => update({ word })}
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
      <RadioGroup
        label={t.reader.guide}
        options={t.reader.guides}
        value={readingSettings.value.guide}
        onValue={(guide) => update({ guide })}
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
