"""Catalogue of voices: which exist, which suits a language, and which replaces another.

Makes no network calls.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from chalicelib.platform.config import BUILT_IN_VOICE, settings
from chalicelib.speech.voices import languages
from chalicelib.speech.voices.adapters import espeak, hibari, kokoro_voices, polly_voices, speechify
from chalicelib.speech.voices.model import UnknownVoiceError, Voice

_SHIPPED_VOICES: dict[str, Sequence[Voice]] = {
    "speechify": speechify.VOICES,
    "polly": polly_voices.VOICES,
    "openai": kokoro_voices.VOICES,
    "espeak": espeak.VOICES,
}


def list_voices(providers: Sequence[str]) -> list[Voice]:
    """Return these providers' voices, in the providers' order: those that TTS_VOICES lists, else the shipped ones."""
    return [voice for name in providers for voice in (_configured_voices(name) or _own_voices(name))]


def _own_voices(name: str) -> Sequence[Voice]:
    return hibari.list_voices() if name == BUILT_IN_VOICE else _SHIPPED_VOICES[name]


def get_voice(voice_id: str, providers: Sequence[str]) -> Voice:
    """Return the voice with this id. Raises UnknownVoiceError."""
    for voice in list_voices(providers):
        if voice.id == voice_id:
            return voice
    raise UnknownVoiceError(f"There is no voice {voice_id!r}.")


def get_model(voice_id: str) -> str | None:
    """Return a voice's model: another one would sound different.

    None if its provider has only one, or the voice is gone.
    """
    provider = voice_id.partition(":")[0]
    model = next((voice.model for voice in list_voices([provider]) if voice.id == voice_id), None)
    return model or (settings().openai_tts_model if provider == "openai" else None)


def speaks(language: str) -> bool:
    """Return whether a voice of this deployment's providers can read a language."""
    config = settings()
    return _speaks(
        language, config.tts_providers, tuple((voice.provider, voice.language) for voice in config.tts_voices)
    )


@lru_cache(maxsize=1_024)  # a list of media asks for each, and there are hundreds of voices
def _speaks(language: str, providers: tuple[str, ...], _configured: tuple[tuple[str, str], ...]) -> bool:
    return any(voice.reads(language) for voice in list_voices(providers))


def default_voice(language: str | None, providers: Sequence[str]) -> Voice:
    """Return the best voice for a language (None: English) of the first provider that supports it.

    Raises UnknownVoiceError.
    """
    for name in providers:
        if (voice := best_voice(list_voices([name]), language or languages.DEFAULT)) is not None:
            return voice
    raise UnknownVoiceError(f"No voice of {', '.join(providers)} speaks {language!r}.")


def equivalent_voice(voice: Voice, provider_name: str, language: str | None = None) -> Voice | None:
    """Return another provider's replacement for `voice` in a text of this language."""
    return closest_voice(voice, list_voices([provider_name]), language)


def closest_voice(voice: Voice, candidates: Iterable[Voice], language: str | None = None) -> Voice | None:
    """Return the candidate most like `voice`, with its accent for texts in its language."""
    reads_own_language = language is None or languages.is_same_language(voice.language, language)
    target = voice.language if reads_own_language else language or languages.DEFAULT
    return best_voice(candidates, target, gender=voice.gender)


def best_voice(voices: Iterable[Voice], language: str, *, gender: str | None = None) -> Voice | None:
    """Return the closest voice that supports the language, the first of equals.

    Gender counts more than accent: in the middle of a book another gender is another narrator, another accent hardly so.
    """
    supporting = [voice for voice in voices if voice.reads(language)]
    return min(
        supporting,
        key=lambda voice: (gender not in (None, voice.gender), languages.distance(voice.language, language)),
        default=None,
    )


def _configured_voices(name: str) -> list[Voice]:
    return [
        Voice(f"{name}:{voice.key}", _name_from_key(voice.key), voice.language, voice.gender, voice.model)
        for voice in settings().tts_voices
        if voice.provider == name
    ]


def _name_from_key(key: str) -> str:
    """Return a name for people: "Anna" for `tts_models/de/anna`, "Hugh" for `hugh_32`, "Af Heart" for `af_heart`."""
    words = re.split(r"[_\W]+", key.rpartition("/")[2])
    return " ".join(word.title() for word in words if not word.isdigit()) or key
