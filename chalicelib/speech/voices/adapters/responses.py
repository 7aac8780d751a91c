"""From a provider's bytes to a spoken segment. Answers are checked, not believed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.speech.audio import marks, mp3
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.voices.model import InvalidAudioError, SynthesizedAudio

# Letters and digits; the fastest readers stay below 30. The first second of a minute, or a chime instead of a text, does not.
MAX_CHARACTERS_PER_SECOND = 60


@contextmanager
def translate_errors(provider: str, *, billed_characters: int, request_id: str | None) -> Iterator[None]:
    """What is read here is what the provider promised: ValueError, KeyError and TypeError become BadAudio."""
    try:
        yield
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise InvalidAudioError(
            f"{provider}'s answer is not the audio it should be: {error}",
            request_id=request_id,
            billed_characters=billed_characters,
        ) from None


def parse_audio(data: bytes, text: str) -> mp3.Audio:
    """Clean frames, if they are what every segment is: 24 kHz mono MP3 of one bit rate, and long enough for the text.

    Raises NotAudioError or MixedAudioError, which are ValueErrors.
    """
    heard = mp3.parse(data)
    if (heard.sample_rate, heard.channels) != (mp3.SPEECH_FORMAT.sample_rate, mp3.SPEECH_FORMAT.channels):
        raise mp3.MixedAudioError(
            f"{heard.sample_rate} Hz with {heard.channels} channel(s) cannot be joined with "
            f"{mp3.SPEECH_FORMAT.sample_rate} Hz with {mp3.SPEECH_FORMAT.channels}"
        )
    if heard.kbps is None:
        raise mp3.MixedAudioError("its bit rate varies, so that no place in it could be found by its time")
    said = sum(map(str.isalnum, text))
    if said * 1_000 > heard.duration_ms * MAX_CHARACTERS_PER_SECOND:
        raise mp3.NotAudioError(f"{heard.duration_ms} ms are too short for {said} letters")
    return heard


def synthesized_audio(
    text: str, heard: mp3.Audio, found: list[WordTiming], *, billed_characters: int, request_id: str | None
) -> SynthesizedAudio:
    """The segment. Without any marks they are estimated, and said to be.

    Raises NotAudioError when the last frame is cut off then: nothing else tells that the audio is complete.
    """
    if found:
        return SynthesizedAudio(heard, found, "exact", billed_characters, request_id)
    if heard.truncated:
        raise mp3.NotAudioError("the last frame is cut off and no marks tell how much is missing")
    return SynthesizedAudio(heard, marks.estimate(text, heard.duration_ms), "estimated", billed_characters, request_id)
