"""From a provider's bytes to a spoken segment. Answers are checked, not believed."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.speech import marks, mp3
from chalicelib.speech.marks import Mark
from chalicelib.speech.voices.model import BadAudio, Spoken

# Letters and digits; the fastest readers stay below 30, and a web page taken for a frame or the first second of a minute do not.
MAX_CHARACTERS_PER_SECOND = 60


def spoken(
    text: str,
    audio: Callable[[], bytes],
    timed: Callable[[int], list[Mark]],
    *,
    provider: str,
    billed_characters: int,
    request_id: str | None,
) -> Spoken:
    """The segment, if the audio is what every segment is: 24 kHz mono MP3 of one bit rate, and all of it.

    `timed` makes the provider's marks for a duration in ms and raises MarksError for marks beyond it. Without any marks
    they are estimated, and said to be; then the audio must end with a whole frame, as nothing else tells that it is complete.
    Raises BadAudio; `audio` and `timed` may raise ValueError, KeyError or TypeError for an answer that is not as promised.
    """
    try:
        heard = _checked(audio(), text)
        found = timed(heard.duration_ms)
        if heard.truncated and not found:
            raise mp3.NotAudioError("the last frame is cut off and no marks tell how much is missing")
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise BadAudio(
            f"{provider}'s answer is not the audio it should be: {error}",
            request_id=request_id,
            billed_characters=billed_characters,
        ) from None
    if found:
        return Spoken(heard, found, "exact", billed_characters, request_id)
    return Spoken(heard, marks.estimate(text, heard.duration_ms), "estimated", billed_characters, request_id)


def _checked(data: bytes, text: str) -> mp3.Audio:
    audio = mp3.parse(data)
    if (audio.sample_rate, audio.channels) != (mp3.SPEECH.sample_rate, mp3.SPEECH.channels):
        raise mp3.MixedAudioError(
            f"{audio.sample_rate} Hz with {audio.channels} channel(s) cannot be joined with "
            f"{mp3.SPEECH.sample_rate} Hz with {mp3.SPEECH.channels}"
        )
    if audio.kbps is None:
        raise mp3.MixedAudioError("its bit rate varies, so that no place in it could be found by its time")
    said = sum(map(str.isalnum, text))
    if said * 1_000 > audio.duration_ms * MAX_CHARACTERS_PER_SECOND:
        raise mp3.NotAudioError(f"{audio.duration_ms} ms are too short for {said} letters")
    return audio
