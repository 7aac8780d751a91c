import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { Confirm } from '../parts/Dialog'
import { Virtual } from '../parts/VirtualList'
import { t } from '../texts'
import { purge } from './actions'
import { Collect, EditTags, RenameMedia } from './dialogs'
import { shape } from './filters'
import { Cell } from './MediaCard'
import type { Choices } from './menuItems'
import type { Media } from './model'
import type { useListing } from './pagedList'
import { Selection } from './Selection'

type Question = { what: 'rename' | 'tags' | 'collect' | 'purge'; media: Media[] }

interface ShelfProps {
  listing: ReturnType<typeof useListing<Media>>
  collectionId: string | null
  empty: ComponentChildren
  /** Instead of cells, where the order is one's own. */
  render?: (media: Media, index: number, choices: Choices) => ComponentChildren
}

/** Media as cells, with selection and what can be done with several at once. */
export function Shelf({ listing, collectionId, empty, render }: ShelfProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [question, setQuestion] = useState<Question | null>(null)
  const lastChosen = useRef<number | null>(null)
  const { items } = listing
  const selected = items.filter((media) => chosen.has(media.id))
  const isGrid = shape.value === 'grid' && !render

  const select = (index: number, isRange: boolean) => {
    const media = items[index]
    if (!media) return
    const next = new Set(chosen)
    const isOn = !next.has(media.id)
    const from = isRange && lastChosen.current !== null ? lastChosen.current : index
    for (const one of items.slice(Math.min(from, index), Math.max(from, index) + 1)) isOn ? next.add(one.id) : next.delete(one.id)
    lastChosen.current = index
    setChosen(next)
  }
  const choices: Choices = {
    collectionId,
    onRename: (media) => setQuestion({ what: 'rename', media: [media] }),
    onTags: (media) => setQuestion({ what: 'tags', media }),
    onCollect: (media) => setQuestion({ what: 'collect', media }),
    onPurge: (media) => setQuestion({ what: 'purge', media }),
  }
  const close = () => setQuestion(null)
  const first = question?.media[0]

  return (
    <>
      <p role="alert">{listing.error && <span class="error-text">{listing.error}</span>}</p>
      {!items.length && !listing.isLoading && !listing.error && empty}
      {!items.length && listing.isLoading && <output class="spinner" aria-label={t.loading} />}
      <Virtual
        items={items}
        keyOf={(media) => media.id}
        cellWidth={isGrid ? 168 : 0}
        rowHeight={(width) => (isGrid ? Math.round(width * 1.25) + 84 : 76)}
        gap={isGrid ? 20 : 0}
        isComplete={listing.isComplete}
        onNearEnd={listing.more}
        label={t.shell.library}
        render={(media, index) =>
          render?.(media, index, choices) ?? (
            <Cell
              media={media}
              shape={isGrid ? 'grid' : 'list'}
              isSelected={chosen.has(media.id)}
              isSelecting={selected.length > 0}
              onSelect={(isRange) => select(index, isRange)}
              choices={choices}
            />
          )
        }
      />
      {selected.length > 0 && <Selection media={selected} all={items} choices={choices} onChosen={setChosen} />}
      {question?.what === 'rename' && first && <RenameMedia media={first} onClose={close} />}
      {question?.what === 'tags' && <EditTags media={question.media} onClose={close} />}
      {question?.what === 'collect' && <Collect media={question.media} onClose={close} />}
      {question?.what === 'purge' && (
        <Confirm
          title={t.library.purgeTitle(question.media.length)}
          text={t.library.purgeText}
          action={t.library.purge}
          onYes={() => void purge(question.media)}
          onClose={close}
        />
      )}
    </>
  )
}
