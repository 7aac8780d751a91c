import '../reader/styles'
import { useMemo, useState } from 'preact/hooks'
import { download } from '../library/actions'
import { displayName } from '../parts/displayName'
import { Icon } from '../parts/Icon'
import type { MenuItem } from '../parts/Menu'
import { useTitle } from '../parts/title'
import { ReaderBar } from '../reader/ReaderBar'
import { ReaderFrame } from '../reader/ReaderFrame'
import { useReader } from '../reader/useReader'
import { t } from '../texts'
import { type SharedMedia, toMedia } from './model'
import { SharedPlayer } from './SharedPlayer'

interface Props {
  shared: SharedMedia
  canDownload: boolean
  /** The address of the collection that contains the media. */
  back: string | null
}

/** A shared media: its pages or its text, which the words of its recording are lit in. Its place is kept on this device. */
export function SharedReader({ shared, canDownload, back }: Props) {
  const media = useMemo(() => toMedia(shared), [shared])
  const reader = useReader(media)
  const { listening, isFollowing, hasText, hasChapters } = reader
  const [dialog, setDialog] = useState<'contents' | 'settings' | null>(null)
  useTitle(displayName(media.title))
  const playFrom = (position: number) => {
    if (listening?.job.peek() && listening.playFrom(position)) isFollowing.value = true
  }
  const items: MenuItem[] = []
  if (canDownload) items.push({ label: t.library.download, icon: 'download', onSelect: () => void download(media) })
  if (hasChapters) items.push({ label: t.reader.contents, icon: 'contents', onSelect: () => setDialog('contents') })
  if (hasText) items.push({ label: t.find.title, icon: 'search', onSelect: () => reader.findRequest.value++ })
  const backLink = back && (
    <a class="button quiet square" href={back} aria-label={t.reader.back}>
      <Icon name="back" />
    </a>
  )
  return (
    <ReaderFrame
      reader={reader}
      bar={<ReaderBar reader={reader} back={backLink} menuLabel={t.more} items={items} onDialog={setDialog} />}
      dialog={dialog}
      onCloseDialog={() => setDialog(null)}
      onTextPress={playFrom}
      onPlayFrom={playFrom}
    >
      {listening && <SharedPlayer listening={listening} isFollowing={isFollowing} onFollow={reader.follow} />}
    </ReaderFrame>
  )
}
