import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { useWidth } from './width'

interface Props<T> {
  items: T[]
  keyOf: (item: T) => string
  /** The minimum width of a cell in px; 0 makes a list with one column. */
  minCellWidth: number
  rowHeight: (cellWidth: number) => number
  gap: number
  isComplete: boolean
  onNearEnd: () => void
  label: string
  render: (item: T, index: number) => ComponentChildren
}

const OVERSCAN_PX = 600 // rendered beyond the window, so that a fast scroll shows no holes

/** A list or grid that renders only the rows in and near the window. It scrolls with the page. */
export function VirtualList<T>({ items, keyOf, minCellWidth, rowHeight, gap, isComplete, onNearEnd, label, render }: Props<T>) {
  const list = useRef<HTMLUListElement>(null)
  const width = useWidth(list)
  const columns = minCellWidth ? Math.max(1, Math.floor((width + gap) / (minCellWidth + gap))) : 1
  const cellWidth = (width - gap * (columns - 1)) / columns
  const height = rowHeight(cellWidth)
  const rowCount = Math.ceil(items.length / columns)
  const [visibleRows, setVisibleRows] = useState({ start: 0, end: 0 })

  useLayoutEffect(() => {
    const update = () => {
      const top = -(list.current?.getBoundingClientRect().top ?? 0)
      const start = Math.max(0, Math.floor((top - OVERSCAN_PX) / (height + gap)))
      const end = Math.min(rowCount, Math.ceil((top + innerHeight + OVERSCAN_PX) / (height + gap)))
      setVisibleRows((current) => (current.start === start && current.end === end ? current : { start, end }))
    }
    update()
    addEventListener('scroll', update, { passive: true })
    addEventListener('resize', update, { passive: true })
    return () => {
      removeEventListener('scroll', update)
      removeEventListener('resize', update)
    }
  }, [height, rowCount, gap])

  useEffect(() => {
    if (!isComplete && visibleRows.end >= rowCount - 3) onNearEnd()
  }, [visibleRows.end, rowCount, isComplete])

  const firstIndex = visibleRows.start * columns
  return (
    <ul ref={list} class="virtual-list" aria-label={label} style={{ height: `${Math.max(0, rowCount * (height + gap) - gap)}px` }}>
      {width > 0 &&
        items.slice(firstIndex, visibleRows.end * columns).map((item, offset) => {
          const index = firstIndex + offset
          const style = {
            top: `${Math.floor(index / columns) * (height + gap)}px`,
            left: `${(index % columns) * (cellWidth + gap)}px`,
            width: `${cellWidth}px`,
            height: `${height}px`,
          }
          return (
            <li key={keyOf(item)} style={style} aria-setsize={isComplete ? items.length : -1} aria-posinset={index + 1}>
              {render(item, index)}
            </li>
          )
        })}
    </ul>
  )
}
