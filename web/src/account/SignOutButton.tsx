import { useState } from 'preact/hooks'
import { signOut } from '../api/session'
import { countUnsent } from '../offline/outbox'
import { Confirm } from '../parts/Dialog'
import { t } from '../texts'

/** Signs out. While changes wait on this device, which signing out would lose, the user chooses first. */
export function SignOutButton() {
  const [unsent, setUnsent] = useState(0)
  const [isCounting, setCounting] = useState(false)
  const leave = async () => {
    setCounting(true)
    const count = await countUnsent()
    setCounting(false)
    setUnsent(count)
    if (!count) await signOut()
  }
  return (
    <>
      <button type="button" class="plain" disabled={isCounting} onClick={() => void leave()}>
        {t.session.signOut}
      </button>
      {unsent > 0 && (
        <Confirm
          title={t.device.signOutTitle}
          text={t.device.signOutText(unsent)}
          action={t.device.signOutAnyway}
          cancel={t.device.stay}
          onConfirm={() => void signOut()}
          onClose={() => setUnsent(0)}
        />
      )}
    </>
  )
}
