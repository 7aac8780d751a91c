import { network } from '../platform/network'
import { t } from '../texts'
import { Icon } from './Icon'

/** Shown above everything while the server cannot be reached. */
export function NetworkSign() {
  const state = network.value
  return (
    <div class="network-sign" role="status">
      {state !== 'online' && (
        <span>
          <Icon name="offline" size={16} /> {t.offline[state]}
        </span>
      )}
    </div>
  )
}
