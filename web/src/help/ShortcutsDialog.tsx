import '../styles/shortcuts.css'
import { Fragment } from 'preact'
import { Dialog } from '../parts/Dialog'
import { t } from '../texts'

const GROUPS = [
  { name: 'everywhere', keys: { '?': 'help', '/': 'search', Tab: 'next', Escape: 'close' } },
  { name: 'reading', keys: { 'Ctrl F': 'find', '↑ ↓': 'paragraphs', Enter: 'listenFrom', B: 'bookmark', H: 'highlight', N: 'note' } },
  { name: 'listening', keys: { ' ': 'playPause', '← →': 'skip', '[ ]': 'sentences' } },
] as const

/** A dialog with all keyboard shortcuts. */
export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t.shortcuts.title} onClose={onClose}>
      {GROUPS.map(({ name, keys }) => (
        <section key={name}>
          <h3>{t.shortcuts[name]}</h3>
          <dl class="shortcuts">
            {Object.entries(keys).map(([key, action]) => (
              <Fragment key={action}>
                <dt>
                  <kbd>{key === ' ' ? t.shortcuts.space : key}</kbd>
                </dt>
                <dd>{t.shortcuts.actions[action as keyof typeof t.shortcuts.actions]}</dd>
              </Fragment>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  )
}
