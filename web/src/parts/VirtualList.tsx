import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { useWidth } from './width'

interface Props<T> {
  items: T[]
  keyOf: (item: T) => string
  /** The least width of a cell; 0 makes one column. */
  cellWidth: number
  rowHeight: (width: number) => number
  gap: number
  isComplete: boolean
  onNearEnd: () => void
  label: string
  render: (item: T, index: number) => ComponentChildren
}

const MARGIN_PX = 600 // rendered beyond what is seen, so that a flick of the finger shows no holes

/** A list or grid of any length of which only what is seen, and a little more, stands in the document. It scrolls with the page. */
export function Virtual<T>({ items, keyOf, cellWidth, rowHeight, gap, isComplete, onNearEnd, label, render }: Props<T>) {
  const box = useRef<HTMLUListElement>(null)
  const width = useWidth(box)
  const columns = cellWidth ? Math.max(1, Math.floor((width + gap) / (cellWidth + gap))) : 1
  const cell = (width - gap * (columns - 1)) / columns
  const height = rowHeight(cell)
  const rows = Math.ceil(items.length / columns)
  const [seen, setSeen] = useState({ from: 0, to: 0 })

  useLayoutEffect(() => {
    const look = () => {
      const top = -(box.current?.getBoundingClientRect().top ?? 0)
      const from = Math.max(0, Math.floor((top - MARGIN_PX) / (height + gap)))
      const to = Math.min(rows, Math.ceil((top + innerHeight + MARGIN_PX) / (height + gap)))
      setSeen((old) => (old.from === from && old.to === to ? old : { from, to }))
    }
    look()
    addEventListener('scroll', look, { passive: true })
    addEventListener('resize', look, { passive: true })
    return () => {
      removeEventListener('scroll', look)
      removeEventListener('resize', look)
    }
  }, [height, rows, gap])

  useEffect(() => {
    if (!isComplete && seen.to >= rows - 3) onNearEnd()
  }, [seen.to, rows, isComplete])

  const shown = items.slice(seen.from * columns, seen.to * columns)
  return (
    <ul ref={box} class="virtual" aria-label={label} style={{ height: `${Math.max(0, rows * (height + gap) - gap)}px` }}>
      {width > 0 &&
        shown.map((item, index) => {
          const at = seen.from * columns + index
          const place = {
            top: `${Math.floor(at / columns) * (height + gap)}px`,
            left: `${(at % columns) * (cell + gap)}px`,
            width: `${cell}px`,
            height: `${height}px`,
          }
          return (
            <li key={keyOf(item)} style={place} aria-setsize={isComplete ? items.length : -1} aria-posinset={at + 1}>
              {render(item, at)}
            </li>
          )
        })}
    </ul>
  )
}
