import { Icon } from '../parts/Icon'
import { t } from '../texts'
import { bytes } from '../texts/format'
import { cancel, clearFinished, dismiss, isBusy, isListShown, pause, resume, retry, type Upload, uploads } from './uploads'

/** What is on its way, at the edge of the page. */
export function UploadList() {
  if (!uploads.value.length) return null
  const busy = uploads.value.filter(isBusy).length
  return (
    <section class="uploads" aria-label={t.upload.title}>
      <header>
        <div>
          <h2>{t.upload.title}</h2>
          <p class="dim">{t.upload.summary(busy, uploads.value.length)}</p>
        </div>
        {busy < uploads.value.length && (
          <button type="button" class="quiet" onClick={clearFinished}>
            {t.upload.clear}
          </button>
        )}
        <button
          type="button"
          class="quiet square"
          aria-expanded={isListShown.value}
          aria-label={isListShown.value ? t.upload.hide : t.upload.show}
          onClick={() => {
            isListShown.value = !isListShown.value
          }}
        >
          <Icon name={isListShown.value ? 'down' : 'up'} />
        </button>
      </header>
      {isListShown.value && (
        <ul>
          {uploads.value.map((upload) => (
            <Row key={upload.id} upload={upload} />
          ))}
        </ul>
      )}
    </section>
  )
}

function Row({ upload }: { upload: Upload }) {
  const { id, file, state, sent, why, mediaId } = upload
  return (
    <li class={`upload ${state}`}>
      <span class="upload-name" title={file.name}>
        {state === 'ready' ? <a href={`#/media/${mediaId}`}>{file.name}</a> : file.name}
      </span>
      <span class="upload-state">
        {t.upload.states[state]}
        {(state === 'sending' || state === 'paused') && ` · ${t.upload.progress(bytes(sent), bytes(file.size))}`}
      </span>
      {(state === 'sending' || state === 'paused') && <progress max={file.size} value={sent} aria-label={t.upload.progressOf(file.name)} />}
      {state === 'checking' && <progress aria-label={t.upload.progressOf(file.name)} />}
      {why && <span class="upload-why">{why}</span>}
      <span class="upload-actions">
        {state === 'sending' && <Action icon="pause" label={t.upload.pause(file.name)} onChoose={() => pause(id)} />}
        {state === 'paused' && <Action icon="play" label={t.upload.resume(file.name)} onChoose={() => resume(id)} />}
        {state === 'failed' && <Action icon="restore" label={t.upload.retry(file.name)} onChoose={() => retry(id)} />}
        {state === 'waiting' || state === 'sending' || state === 'paused' ? (
          <Action icon="close" label={t.upload.cancel(file.name)} onChoose={() => cancel(id)} />
        ) : (
          state !== 'checking' && <Action icon="close" label={t.upload.dismiss(file.name)} onChoose={() => dismiss(id)} />
        )}
      </span>
    </li>
  )
}

function Action({ icon, label, onChoose }: { icon: 'pause' | 'play' | 'restore' | 'close'; label: string; onChoose: () => void }) {
  return (
    <button type="button" class="quiet square" aria-label={label} onClick={onChoose}>
      <Icon name={icon} size={18} />
    </button>
  )
}
