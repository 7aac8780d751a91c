import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { Name } from '../parts/Name'
import { useBarHeight } from '../parts/useBarHeight'
import { network } from '../platform/network'
import { t } from '../texts'
import { formatBytes } from '../texts/format'
import {
  cancel,
  clearFinished,
  dismiss,
  isBusy,
  isListExpanded,
  keepBoth,
  pause,
  resume,
  retry,
  trashCopy,
  type Upload,
  uploads,
} from './uploads'

/** The upload list, in a corner of the window. */
export function UploadList() {
  const list = useBarHeight('--uploads-height')
  if (!uploads.value.length) return null
  const busy = uploads.value.filter(isBusy).length
  return (
    <section ref={list} class="uploads" aria-label={t.upload.title}>
      <header>
        <div>
          <h2>{t.upload.title}</h2>
          <p class="dim">{t.upload.summary(busy, uploads.value.length)}</p>
        </div>
        {busy < uploads.value.length && (
          <button type="button" class="quiet" onClick={clearFinished}>
            {t.upload.clearFinished}
          </button>
        )}
        <button
          type="button"
          class="quiet square"
          aria-expanded={isListExpanded.value}
          aria-label={isListExpanded.value ? t.upload.hide : t.upload.show}
          onClick={() => {
            isListExpanded.value = !isListExpanded.value
          }}
        >
          <Icon name={isListExpanded.value ? 'down' : 'up'} />
        </button>
      </header>
      {isListExpanded.value && (
        <ul>
          {uploads.value.map((upload) => (
            <UploadRow key={upload.id} upload={upload} />
          ))}
        </ul>
      )}
    </section>
  )
}

function UploadRow({ upload }: { upload: Upload }) {
  const { id, file, state, sentBytes, reason, mediaId, duplicate } = upload
  const name = displayName(file.name)
  return (
    <li class={`upload ${state}`}>
      <span class="upload-name" title={name}>
        {state === 'ready' ? (
          <a href={`#/media/${mediaId}`}>
            <Name>{file.name}</Name>
          </a>
        ) : (
          <Name>{file.name}</Name>
        )}
      </span>
      <span class="upload-state">
        {isBusy(upload) && network.value !== 'online' ? t.upload.waitingForNetwork : t.upload.states[state]}
        {(state === 'sending' || state === 'paused') && ` · ${t.upload.progress(formatBytes(sentBytes), formatBytes(file.size))}`}
      </span>
      {(state === 'sending' || state === 'paused') && <progress max={file.size} value={sentBytes} aria-label={t.upload.progressOf(name)} />}
      {(state === 'checking' || state === 'fetching') && <progress aria-label={t.upload.progressOf(name)} />}
      {reason && <span class="upload-reason">{reason}</span>}
      {duplicate && (
        <span class="upload-duplicate">
          {t.upload.duplicate(displayName(duplicate.first.title))}
          <span>
            <a class="link" href={`#/media/${duplicate.first.id}`}>
              {t.upload.openFirst}
            </a>
            <button type="button" class="link" onClick={() => keepBoth(id)}>
              {t.upload.keepBoth}
            </button>
            <button type="button" class="link" onClick={() => trashCopy(id, duplicate.media)}>
              {t.upload.trashCopy}
            </button>
          </span>
        </span>
      )}
      <span class="upload-actions">
        {state === 'sending' && <ActionButton icon="pause" label={t.upload.pause(name)} onSelect={() => pause(id)} />}
        {state === 'paused' && <ActionButton icon="play" label={t.upload.resume(name)} onSelect={() => resume(id)} />}
        {state === 'failed' && <ActionButton icon="restore" label={t.upload.retry(name)} onSelect={() => retry(id)} />}
        {state === 'waiting' || state === 'sending' || state === 'paused' || state === 'fetching' ? (
          <ActionButton icon="close" label={t.upload.cancel(name)} onSelect={() => cancel(id)} />
        ) : (
          state !== 'checking' && <ActionButton icon="close" label={t.upload.dismiss(name)} onSelect={() => dismiss(id)} />
        )}
      </span>
    </li>
  )
}

function ActionButton({ icon, label, onSelect }: { icon: 'pause' | 'play' | 'restore' | 'close'; label: string; onSelect: () => void }) {
  return (
    <button type="button" class="quiet square" aria-label={label} onClick={onSelect}>
      <Icon name={icon} size={18} />
    </button>
  )
}
