import { useRef, useState } from 'preact/hooks'
import { Icon } from '../parts/Icon'
import { t } from '../texts'

const MIN_ENLARGEMENT = 1.1 // an image that is hardly larger than its frame gets no zoom button

/**
 * An image that fits the window; a larger one can be shown in full size and scrolled. Its place has its size before its address (`url`)
 * is known.
 */
export function ImageViewer({ url, title, width, height }: { url: string; title: string; width: number | null; height: number | null }) {
  const [canZoom, setCanZoom] = useState(false)
  const [isLarge, setLarge] = useState(false)
  const frame = useRef<HTMLDivElement>(null)
  const toggleZoom = () => {
    setLarge(!isLarge)
    requestAnimationFrame(() => {
      const element = frame.current
      element?.scrollTo((element.scrollWidth - element.clientWidth) / 2, (element.scrollHeight - element.clientHeight) / 2)
    })
  }
  return (
    <div class="image-viewer">
      <div class={`image-frame ${isLarge ? 'large' : ''}`} ref={frame}>
        <img
          class="image"
          style={width && height ? { '--width': `${width}px`, '--ratio': String(width / height) } : undefined}
          src={url || undefined}
          alt={url ? t.reader.image(title) : ''}
          onLoad={({ currentTarget: { naturalWidth, clientWidth } }) => setCanZoom(naturalWidth > clientWidth * MIN_ENLARGEMENT)}
        />
        {/* Inside the frame, so that arrow keys scroll the image while the button has the focus. */}
        {canZoom && (
          <button
            type="button"
            class="plain square image-zoom"
            aria-label={isLarge ? t.reader.zoomOut : t.reader.zoomIn}
            onClick={toggleZoom}
          >
            <Icon name={isLarge ? 'minus' : 'plus'} />
          </button>
        )}
      </div>
    </div>
  )
}
