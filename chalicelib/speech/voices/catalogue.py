"""Which voices there are, and which one reads a language."""

from collections.abc import Sequence

from chalicelib.speech.voices import espeak, speechify, speechify_api
from chalicelib.speech.voices.model import NoVoice, Speaker, Voice

_SHIPPED = {"speechify": speechify.VOICES, "espeak": espeak.VOICES}

# What people and language detectors write for a language that voices know by another tag.
_SAME_LANGUAGE = {
    "zh": "cmn",
    "no": "nb",
    "nn": "nb",
    "iw": "he",
    "in": "id",
    "mo": "ro",
    "zh-hk": "yue",
    "zh-yue": "yue",
}


def speaker(
    name: str, *, speechify_api_key: str | None = None, speechify_api_url: str = speechify_api.BASE_URL
) -> Speaker:
    """The provider of that name, ready to speak. Raises ValueError for an unknown name, Unavailable without its key."""
    if name == "speechify":
        return speechify.Speechify(speechify_api_key or "", speechify_api_url)
    if name == "espeak":
        return espeak.Espeak()
    raise ValueError(f"{name!r} is no voice provider; there are {', '.join(_SHIPPED)}")


def catalogue(providers: Sequence[str]) -> list[Voice]:
    """The voices of these providers, in the providers' order. Raises ValueError for an unknown name."""
    if unknown := set(providers) - set(_SHIPPED):
        raise ValueError(f"{', '.join(sorted(unknown))}: no such voice provider; there are {', '.join(_SHIPPED)}")
    return [voice for name in providers for voice in _SHIPPED[name]]


def find(voice_id: str, providers: Sequence[str]) -> Voice:
    """The voice with this id. Raises NoVoice."""
    for voice in catalogue(providers):
        if voice.id == voice_id:
            return voice
    raise NoVoice(f"There is no voice {voice_id!r}.")


def default_voice(language: str | None, providers: Sequence[str]) -> Voice:
    """The first provider's best voice for a language (BCP 47; None is English). Raises NoVoice."""
    voice = _best(catalogue(providers), language, gender=None)
    if voice is None:
        raise NoVoice(f"No voice of {', '.join(providers)} speaks {language!r}.")
    return voice


def equivalent(voice: Voice, provider_name: str, language: str | None = None) -> Voice | None:
    """Who of another provider takes over from `voice`: the same language, if possible the same accent and gender."""
    return _best(catalogue([provider_name]), language or voice.language, gender=voice.gender)


def _best(voices: Sequence[Voice], language: str | None, gender: str | None) -> Voice | None:
    wanted = _tag(language or "en")
    speaking = [voice for voice in voices if _primary(voice.language) == _primary(wanted)]
    return min(
        speaking, key=lambda voice: (_tag(voice.language) != wanted, gender not in (None, voice.gender)), default=None
    )


def _tag(language: str) -> str:
    tag = language.replace("_", "-").lower()
    return "en" if tag == "und" else _SAME_LANGUAGE.get(tag, tag)


def _primary(language: str) -> str:
    tag = _tag(language)
    primary = tag.partition("-")[0]
    return _SAME_LANGUAGE.get(primary, primary)
