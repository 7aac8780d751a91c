"""Which voices there are, which one reads a language, and who takes over from whom. Asks nobody."""

from collections.abc import Iterable, Sequence

from chalicelib.platform.config import settings
from chalicelib.speech.voices import languages
from chalicelib.speech.voices.adapters import espeak, kokoro_voices, polly_voices, speechify
from chalicelib.speech.voices.model import UnknownVoiceError, Voice

_SHIPPED: dict[str, Sequence[Voice]] = {
    "speechify": speechify.VOICES,
    "polly": polly_voices.VOICES,
    "openai": kokoro_voices.VOICES,
    "espeak": espeak.VOICES,
}


def list_voices(providers: Sequence[str]) -> list[Voice]:
    """The voices of these providers, in the providers' order: those that TTS_VOICES lists, else those shipped."""
    return [voice for name in providers for voice in (_own(name) or _SHIPPED[name])]


def get_voice(voice_id: str, providers: Sequence[str]) -> Voice:
    """The voice with this id. Raises NoVoice."""
    for voice in list_voices(providers):
        if voice.id == voice_id:
            return voice
    raise UnknownVoiceError(f"There is no voice {voice_id!r}.")


def get_model(voice_id: str) -> str | None:
    """The model behind a voice: another one would sound different. None where a provider has one only, or for a voice gone."""
    provider = voice_id.partition(":")[0]
    model = next((voice.model for voice in list_voices([provider]) if voice.id == voice_id), None)
    return model or (settings().openai_tts_model if provider == "openai" else None)


def default_voice(language: str | None, providers: Sequence[str]) -> Voice:
    """The best voice for a language (BCP 47; None is English) of the first provider that has any. Raises NoVoice."""
    wanted = language or languages.DEFAULT
    for name in providers:
        if (voice := best_voice(list_voices([name]), wanted)) is not None:
            return voice
    raise UnknownVoiceError(f"No voice of {', '.join(providers)} speaks {language!r}.")


def equivalent_voice(voice: Voice, provider_name: str, language: str | None = None) -> Voice | None:
    """Who of another provider takes over from `voice` in a text of this language; None when nobody there speaks it."""
    return closest_voice(voice, list_voices([provider_name]), language)


def closest_voice(voice: Voice, others: Iterable[Voice], language: str | None = None) -> Voice | None:
    """The one of `others` that sounds most like `voice`: in its accent when it reads its own language."""
    own = language is None or languages.is_same_language(voice.language, language)
    return best_voice(others, voice.language if own else language or languages.DEFAULT, gender=voice.gender)


def best_voice(voices: Iterable[Voice], language: str, *, gender: str | None = None) -> Voice | None:
    """The first of those that speak the language and come closest: a wanted gender counts more than the accent.

    In the middle of a book another sex is another narrator, another accent hardly so.
    """
    speaking = [voice for voice in voices if languages.supports_language(voice.language, language)]
    return min(
        speaking,
        key=lambda voice: (gender not in (None, voice.gender), languages.distance(voice.language, language)),
        default=None,
    )


def _own(name: str) -> list[Voice]:
    return [
        Voice(f"{name}:{own.key}", own.key, own.language, own.gender, own.model)
        for own in settings().tts_voices
        if own.provider == name
    ]
