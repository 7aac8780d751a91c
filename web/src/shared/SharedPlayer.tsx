import '../styles/player.css'
import type { Signal } from '@preact/signals'
import type { Listening } from '../listening/listening'
import { SkipMenu } from '../listening/SkipMenu'
import { Name } from '../parts/Name'
import { useBarHeight } from '../parts/useBarHeight'
import { IconButton, MainButtons, Progress, SleepTimerMenu, SpeedMenu, useKeyboardShortcuts } from '../playing/PlayerControls'
import { t } from '../texts'

interface Props {
  listening: Listening
  /** True if the page scrolls along with the words. */
  isFollowing: Signal<boolean>
  onFollow: () => void
}

/** The playback controls of a shared recording. */
export function SharedPlayer({ listening, isFollowing, onFollow }: Props) {
  const bar = useBarHeight('--player-height')
  const sentences = {
    onSentence: (step: -1 | 1) => {
      listening.skipSentence(step)
      if (!listening.isPlayRequested.peek()) onFollow()
    },
  }
  useKeyboardShortcuts(listening, sentences)
  if (!listening.job.value) return null
  return (
    <section class="player" aria-label={t.listening.player} ref={bar}>
      <Progress playback={listening} />
      <div class="player-row">
        <div class="player-state">
          <strong>
            <Name>{listening.chapter.value?.title ?? listening.media.title}</Name>
          </strong>
          {listening.hasFailed.value && (
            <span class="error-text player-error" role="alert">
              {t.listening.audioUnavailable}{' '}
              <button type="button" class="plain" onClick={() => listening.play()}>
                {t.tryAgain}
              </button>
            </span>
          )}
        </div>
        <MainButtons playback={listening} sentences={sentences} />
        <div class="player-more">
          {!isFollowing.value && <IconButton icon="follow" label={t.listening.follow} onClick={onFollow} />}
          <SkipMenu listening={listening} />
          <SpeedMenu />
          <SleepTimerMenu playback={listening} />
        </div>
      </div>
    </section>
  )
}
