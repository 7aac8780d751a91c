/** A source for the audio element. After an error it is replaced by a new one with fresh URLs. */
export interface AudioSource {
  /** False while the recording grows. */
  readonly isComplete: boolean
  /**
   * Play in this element; loading may begin at `startS`, where the player seeks once there are metadata. `onError` reports errors that
   * the element itself does not.
   */
  attach(audio: HTMLMediaElement, startS: number, onError: () => void): void
  detach(): void
}

/** A URL that the browser plays natively. */
export class NativeSource implements AudioSource {
  private audio: HTMLMediaElement | null = null

  constructor(
    private readonly url: string,
    readonly isComplete: boolean,
  ) {}

  attach(audio: HTMLMediaElement): void {
    // Without a start position: WebKitGTK often stays at one that is set before the metadata, although it says that it plays.
    audio.src = this.url
    this.audio = audio
  }

  detach(): void {
    this.audio?.removeAttribute('src')
    this.audio?.load() // otherwise it continues to download
    this.audio = null
  }
}
