"""Client of espeak-ng, which needs no account and no network.

It sounds plain, but speaks a hundred languages and times every word.
Its two packages are extras (libespeak-ng is GPL-3) and are never part of the Lambda bundle.
"""

import ctypes
import re
import threading
from collections.abc import Sequence
from functools import cache
from typing import Any

from chalicelib.platform import deadline
from chalicelib.speech.audio import marks, mp3
from chalicelib.speech.normalization.model import Phonemes
from chalicelib.speech.voices.adapters import lame
from chalicelib.speech.voices.adapters.espeak_languages import LANGUAGES, UNREADABLE
from chalicelib.speech.voices.model import (
    ProviderUnavailableError,
    RequestRejectedError,
    SynthesizedAudio,
    UnknownVoiceError,
    Voice,
)

WORDS_PER_MINUTE = 175  # the engine's own default; players speed it up

_WORD_EVENT = 1
_RATE_PARAMETER = 1
_UTF8 = 1
_SYNCHRONOUS = 2  # the callback receives the samples; nothing is played
_DO_NOT_EXIT = 0x8000  # without its data folder the library would exit our process
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_lock = threading.Lock()  # the library has one global state per process


# Dialects of Catalan; in BCP 47, BA, NW and VA are regions.
_DIALECTS = {"ca-ba": "ca-x-ba", "ca-nw": "ca-x-nw", "ca-va": "ca-valencia"}


def _language_tag(language: str) -> str:
    """Convert espeak's `en-gb-x-rp` to BCP 47: `en-GB-x-rp`."""
    if language in _DIALECTS:
        return _DIALECTS[language]
    public, separator, private = language.partition("-x-")
    first, *subtags = public.split("-")
    return "-".join([first, *(tag.upper() if len(tag) == 2 else tag for tag in subtags)]) + separator + private


def _name(description: str) -> str:
    """Return the engine's name with the accent: "eSpeak (Scotland)" for "English (Scotland)"."""
    _, bracket, accent = description.partition(" (")
    return f"eSpeak{bracket}{accent}"


VOICES = tuple(
    Voice(
        f"espeak:{language}",
        _name(description),
        _language_tag(language),
        "male",
        unreadable=tuple(tag for tag in UNREADABLE if tag.startswith(f"{language}-")),
    )
    for language, description in LANGUAGES.items()
    if language not in UNREADABLE
)


class Espeak:
    def list_voices(self) -> Sequence[Voice]:
        return VOICES

    def synthesize(
        self,
        text: str,
        voice: Voice,
        language: str,  # noqa: ARG002 - set by the voice
        *,
        phonemes: Sequence[Phonemes] = (),  # noqa: ARG002 - takes none
        seed: int = 0,  # noqa: ARG002 - has none
    ) -> SynthesizedAudio:
        """Synthesize in this process, about 200 times faster than real time."""
        samples, sample_rate, speech_marks = synthesize_samples(text, voice.key)
        audio = mp3.parse(lame.encode(samples, sample_rate))
        speech_end_ms = lame.ENCODER_DELAY_MS + len(samples) * 500 // sample_rate
        # players hear the words after the encoder's delay
        delayed = [mark._replace(start_ms=mark.start_ms + lame.ENCODER_DELAY_MS) for mark in speech_marks]
        words = marks.align(text, delayed, duration_ms=min(speech_end_ms, audio.duration_ms))
        return SynthesizedAudio(audio, words, "exact", billed_characters=0, request_id=None)


def synthesize_samples(text: str, language: str) -> tuple[bytes, int, list[marks.SpeechMark]]:
    """Return samples (16 bit, mono), their rate, and the word starts.

    Marks count ms of the samples and code points of the text. Raises UnknownVoiceError for a language that espeak
    lacks, RequestRejectedError for a text without a sound, and ProviderUnavailableError without the packages.
    """
    encoded = _CONTROL.sub(" ", text).encode("utf-8", "replace") + b"\0"  # one for one: offsets stay
    with _lock, deadline.deferred():  # espeak-ng hands its samples to `collect`
        library, sample_rate = _load()
        samples = bytearray()
        speech_marks: list[marks.SpeechMark] = []

        def collect(wave: Any, count: int, events: Any) -> int:
            if wave and count:
                samples.extend(ctypes.string_at(wave, 2 * count))
            words = (event for event in _until_zero(events) if event.type == _WORD_EVENT)
            speech_marks.extend(marks.SpeechMark(word.audio_position, None, word.text_position - 1) for word in words)
            return 0

        callback = _Callback(collect)
        library.espeak_SetSynthCallback(callback)
        if library.espeak_SetVoiceByProperties(ctypes.byref(_VoiceProperties(languages=language.encode()))):
            raise UnknownVoiceError(f"espeak-ng does not speak {language!r}")
        library.espeak_SetParameter(_RATE_PARAMETER, WORDS_PER_MINUTE, 0)
        library.espeak_Synth(encoded, len(encoded), 0, 1, 0, _UTF8, None, None)
        library.espeak_Synchronize()
    if not any(samples):
        raise RequestRejectedError("the text contains nothing that espeak-ng can speak", code="empty_text")
    return bytes(samples), sample_rate, speech_marks


@cache
def _load() -> tuple[ctypes.CDLL, int]:
    """Load the library once, in 23 ms; return it and its sample rate."""
    try:
        import espeakng_loader
        import lameenc  # noqa: F401 - to fail now, not after the synthesis
    except ImportError as error:
        raise ProviderUnavailableError(
            f"espeak needs the packages espeakng-loader and lameenc, and {error.name} is not installed",
            reason="not_installed",
            open_breaker=True,
        ) from None
    try:
        library = ctypes.CDLL(espeakng_loader.get_library_path())
    except OSError as error:  # a wheel for another C library
        raise ProviderUnavailableError(
            f"espeak-ng cannot be loaded: {error}", reason="not_installed", open_breaker=True
        ) from None
    sample_rate = library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), _DO_NOT_EXIT)
    if sample_rate <= 0:
        raise ProviderUnavailableError("espeak-ng finds no voice data", reason="not_installed", open_breaker=True)
    return library, sample_rate


def _until_zero(events: Any) -> Any:
    index = 0
    while events[index].type:
        yield events[index]
        index += 1


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h. `text_position` counts characters from 1, `audio_position` ms."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


class _VoiceProperties(ctypes.Structure):
    """espeak_VOICE of speak_lib.h. Selected by language: by name, `en-gb` would not be found."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("unused", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))
