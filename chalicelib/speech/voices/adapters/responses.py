"""Responses of providers: turn their bytes into a segment's audio. They are validated, never trusted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.speech.audio import marks, mp3
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.voices.model import InvalidAudioError, SynthesizedAudio

# Letters and digits; the fastest voices stay below 30. A truncated recording, or a chime instead of speech, exceeds it.
MAX_CHARACTERS_PER_SECOND = 60


@contextmanager
def translate_errors(provider: str, *, billed_characters: int, request_id: str | None) -> Iterator[None]:
    """Translate ValueError, KeyError and TypeError from reading a response into InvalidAudioError."""
    try:
        yield
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise InvalidAudioError(
            f"{provider}'s response is not the audio that was requested: {error}",
            request_id=request_id,
            billed_characters=billed_characters,
        ) from None


def parse_audio(data: bytes, text: str) -> mp3.Audio:
    """Return clean frames, 24 kHz mono of one bit rate, and long enough for the text.

    Raises NotAudioError or MixedAudioError, which are ValueErrors.
    """
    audio = mp3.parse(data)
    speech = mp3.SPEECH_FORMAT
    if (audio.sample_rate, audio.channels) != (speech.sample_rate, speech.channels):
        raise mp3.MixedAudioError(
            f"{audio.sample_rate} Hz with {audio.channels} channel(s) cannot be joined with "
            f"{speech.sample_rate} Hz with {speech.channels}"
        )
    if audio.kbps is None:
        raise mp3.MixedAudioError("its bit rate varies, so that players could not seek in it by time")
    letters = sum(map(str.isalnum, text))
    if letters * 1_000 > audio.duration_ms * MAX_CHARACTERS_PER_SECOND:
        raise mp3.NotAudioError(f"{audio.duration_ms} ms are too short for {letters} letters")
    return audio


def synthesized_audio(
    text: str, audio: mp3.Audio, words: list[WordTiming], *, billed_characters: int, request_id: str | None
) -> SynthesizedAudio:
    """Build a client's result. Without word times they are estimated, and marked as such.

    Raises NotAudioError when the last frame is cut off then: nothing else proves that the audio is complete.
    """
    if words:
        return SynthesizedAudio(audio, words, "exact", billed_characters, request_id)
    if audio.truncated:
        raise mp3.NotAudioError("the last frame is cut off, and no word times show how much is missing")
    estimates = marks.estimate(text, audio.duration_ms)
    return SynthesizedAudio(audio, estimates, "estimated", billed_characters, request_id)
