import { useEffect, useState } from 'preact/hooks'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import { Name } from '../parts/Name'
import { reportErrors } from '../parts/toasts'
import { type KeptMedia, keptMedia } from '../platform/keptMedia'
import { t } from '../texts'
import { formatBytes } from '../texts/format'
import { keepAgain } from './eviction'
import { remove } from './keep'

/** The documents that are kept on this device, with their sizes, and those that the browser has removed. */
export function OnThisDevice() {
  const [freeBytes, setFreeBytes] = useState<number | null>(null)
  const [isProtected, setProtected] = useState<boolean | null>(null)
  const kept = Object.values(keptMedia.value)
  useEffect(() => {
    void navigator.storage?.estimate?.().then(({ quota, usage }) => quota && setFreeBytes(quota - (usage ?? 0)))
    void navigator.storage?.persisted?.().then(setProtected)
  }, [keptMedia.value])
  const protection = isProtected === null ? '' : isProtected ? t.device.isProtected : t.device.mayBeRemoved
  if (!kept.length) return <p class="dim">{`${t.device.nothingKept} ${protection === t.device.mayBeRemoved ? protection : ''}`.trim()}</p>
  const total = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return (
    <>
      <ul class="kept-list">
        {kept.map((entry) => (
          <KeptItem key={entry.id} entry={entry} />
        ))}
      </ul>
      <p class="dim">{freeBytes === null ? formatBytes(total) : t.device.usedOf(formatBytes(total), formatBytes(freeBytes))}</p>
      {protection && <p class="dim">{protection}</p>}
    </>
  )
}

function KeptItem({ entry: { id, title, sizeBytes, isComplete, isEvicted } }: { entry: KeptMedia }) {
  const name = displayName(title)
  const state = isEvicted ? t.device.isEvicted : isComplete ? formatBytes(sizeBytes) : t.device.keeping
  return (
    <li class={isEvicted ? 'evicted' : ''}>
      <a href={`#/media/${id}`}>
        <Name>{title}</Name>
      </a>
      <span class="dim">{state}</span>
      {isEvicted && (
        <button
          type="button"
          class="plain"
          aria-label={t.device.keepAgainTitle(name)}
          onClick={() => void reportErrors(() => keepAgain(id))}
        >
          {t.device.keepAgain}
        </button>
      )}
      <button type="button" class="quiet square" aria-label={t.device.removeTitle(name)} onClick={() => void remove(id)}>
        <Icon name="trash" size={18} />
      </button>
    </li>
  )
}
