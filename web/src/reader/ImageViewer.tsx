import { useRef, useState } from 'preact/hooks'
import { Icon } from '../parts/Icon'
import { t } from '../texts'

const NOTABLY = 1.1

/** A picture as large as fits; as large as it is, when that is larger, to be moved about in its frame. */
export function Picture({ url, title }: { url: string; title: string }) {
  const [canGrow, setCanGrow] = useState(false)
  const [isLarge, setLarge] = useState(false)
  const frame = useRef<HTMLDivElement>(null)
  const turn = () => {
    setLarge(!isLarge)
    requestAnimationFrame(() => {
      const box = frame.current
      box?.scrollTo((box.scrollWidth - box.clientWidth) / 2, (box.scrollHeight - box.clientHeight) / 2)
    })
  }
  return (
    <div class="picture-room">
      <div class={`picture-frame ${isLarge ? 'large' : ''}`} ref={frame}>
        <img
          class="picture"
          src={url}
          alt={t.reader.picture(title)}
          onLoad={({ currentTarget: { naturalWidth, clientWidth } }) => setCanGrow(naturalWidth > clientWidth * NOTABLY)}
        />
        {/* In the frame, so that arrow keys move the picture while the button has the focus. */}
        {canGrow && (
          <button type="button" class="plain square picture-zoom" aria-label={isLarge ? t.reader.zoomOut : t.reader.zoomIn} onClick={turn}>
            <Icon name={isLarge ? 'minus' : 'plus'} />
          </button>
        )}
      </div>
    </div>
  )
}
