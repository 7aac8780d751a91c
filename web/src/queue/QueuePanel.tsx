import '../styles/queue.css'
import { useEffect, useState } from 'preact/hooks'
import { errorMessage } from '../api/problem'
import { mediaKind } from '../library/model'
import { Dialog } from '../parts/Dialog'
import { displayName } from '../parts/displayName'
import { EmptyState } from '../parts/EmptyState'
import { Icon } from '../parts/Icon'
import { Name } from '../parts/Name'
import { announceToScreenReader, reportErrors } from '../parts/toasts'
import { nowPlaying } from '../playing/nowPlaying'
import { t } from '../texts'
import type { QueuedMedia } from './preparePlayback'
import { changeQueue, loadQueue, moveInQueue, playQueued, queue, removeFromQueue } from './queue'

/** What plays, and what plays after it: in an order that can be changed by dragging and by arrow keys. */
export function QueuePanel({ onClose }: { onClose: () => void }) {
  const [error, setError] = useState('')
  const [dragged, setDragged] = useState<string | null>(null)
  useEffect(() => {
    loadQueue().catch((thrown) => setError(errorMessage(thrown)))
  }, [])
  const items = queue.value
  const playing = nowPlaying.value
  const move = (item: QueuedMedia, position: number) => {
    if (!items || position < 0 || position >= items.length) return
    announceToScreenReader(t.collections.moved(displayName(item.title), position + 1, items.length))
    void reportErrors(() => moveInQueue(item.id, position))
  }
  const showAt = (id: string, position: number) => {
    const item = items?.find((candidate) => candidate.id === id)
    if (items && item && items[position] !== item) queue.value = items.filter((other) => other !== item).toSpliced(position, 0, item)
  }
  return (
    <Dialog title={t.queue.title} kind="sheet" onClose={onClose}>
      <div role="alert">{error && <p class="error-text">{error}</p>}</div>
      {playing && (
        <section class="queue-playing">
          <h3 class="dim">{t.listening.nowPlaying}</h3>
          <a href={`#/media/${playing.media.id}`} onClick={onClose}>
            <Name>{playing.media.title}</Name>
          </a>
        </section>
      )}
      {!items && !error && <output class="spinner" aria-label={t.loading} />}
      {items?.length === 0 && <EmptyState icon="queue" title={t.queue.empty} hint={t.queue.emptyHint} />}
      {items && items.length > 0 && (
        <>
          <h3 class="dim">{t.queue.upNext}</h3>
          <ol class="queue">
            {items.map((item, index) => {
              const title = displayName(item.title)
              return (
                <li
                  key={item.id}
                  class={dragged === item.id ? 'dragged' : ''}
                  onDragOver={(event) => {
                    if (!dragged) return
                    event.preventDefault()
                    showAt(dragged, index)
                  }}
                  onDrop={(event) => event.preventDefault()}
                >
                  <button
                    type="button"
                    class="handle quiet square"
                    draggable
                    aria-label={t.collections.handle(title, index + 1, items.length)}
                    onDragStart={(event) => {
                      event.dataTransfer?.setData('text/plain', title)
                      setDragged(item.id)
                    }}
                    onDragEnd={() => {
                      setDragged(null)
                      move(item, queue.peek()?.findIndex(({ id }) => id === item.id) ?? index)
                    }}
                    onKeyDown={(event) => {
                      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
                      if (step === undefined) return
                      event.preventDefault()
                      move(item, index + step)
                    }}
                  >
                    <Icon name="handle" />
                  </button>
                  <button type="button" class="quiet queue-item" aria-label={t.queue.play(title)} onClick={() => void playQueued(item)}>
                    <Icon name={mediaKind(item.media_type)} />
                    <span>
                      <Name>{item.title}</Name>
                    </span>
                  </button>
                  <button
                    type="button"
                    class="quiet square"
                    aria-label={t.queue.remove(title)}
                    onClick={() => void reportErrors(() => removeFromQueue(item.id))}
                  >
                    <Icon name="close" size={18} />
                  </button>
                </li>
              )
            })}
          </ol>
          <div class="dialog-footer">
            <button type="button" class="plain" onClick={() => void reportErrors(() => changeQueue(() => []))}>
              {t.queue.clear}
            </button>
          </div>
        </>
      )}
    </Dialog>
  )
}
