import { useState } from 'preact/hooks'
import { Icon } from '../parts/Icon'
import { lazy } from '../parts/lazy'
import { t } from '../texts'

const TagDialog = lazy(() => import('./TagDialog').then((module) => module.TagDialog), { isDialog: true, hasTexts: true })

/** A button that lists all tags, to show the media with one. */
export function TagFilter() {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <button type="button" class="quiet" onClick={() => setOpen(true)}>
        {t.library.tags} <Icon name="down" size={16} />
      </button>
      {isOpen && <TagDialog onClose={() => setOpen(false)} />}
    </>
  )
}
