import { useEffect, useState } from 'preact/hooks'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { Name } from '../parts/Name'
import { keptMedia } from '../platform/keptMedia'
import { t } from '../texts'
import { formatBytes } from '../texts/format'
import { remove } from './keep'

/** The documents that are kept on this device, with their sizes. */
export function OnThisDevice() {
  const [freeBytes, setFreeBytes] = useState<number | null>(null)
  const kept = Object.values(keptMedia.value)
  useEffect(() => {
    void navigator.storage?.estimate?.().then(({ quota, usage }) => quota && setFreeBytes(quota - (usage ?? 0)))
  }, [kept.length])
  if (!kept.length) return <p class="dim">{t.device.nothingKept}</p>
  const total = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return (
    <>
      <ul class="kept-list">
        {kept.map(({ id, title, sizeBytes, isComplete }) => (
          <li key={id}>
            <a href={`#/media/${id}`}>
              <Name>{title}</Name>
            </a>
            <span class="dim">{isComplete ? formatBytes(sizeBytes) : t.device.keeping}</span>
            <button
              type="button"
              class="quiet square"
              aria-label={t.device.removeTitle(displayName(title))}
              onClick={() => void remove(id)}
            >
              <Icon name="trash" size={18} />
            </button>
          </li>
        ))}
      </ul>
      <p class="dim">{freeBytes === null ? formatBytes(total) : t.device.usedOf(formatBytes(total), formatBytes(freeBytes))}</p>
    </>
  )
}
