"""Selection of the voice that reads a text: by the request, else the listener's preferences, else the text's language."""

from collections.abc import Iterable, Mapping

from chalicelib.platform.config import settings
from chalicelib.platform.errors import UnprocessableContentError
from chalicelib.speech.preferences import preferences
from chalicelib.speech.voices import catalogue, languages, providers
from chalicelib.speech.voices.model import UnknownVoiceError, Voice


def select_voice(requested: str | None, language: str, preferred: Mapping[str, str]) -> Voice:
    """Return the requested voice, else the `preferred` one for the language, else the best one; `und` is an undetermined
    language.

    Rejects a voice of another language before anything is paid for: it would read noise, and if the language was detected
    wrongly, the request can correct it. Raises UnprocessableContentError (`unknown_voice`, `voice_language_mismatch`,
    `speech_not_configured`).
    """
    names = settings().tts_providers
    if not names:
        raise UnprocessableContentError(
            "This deployment has no voice provider; its operator sets TTS_PROVIDERS.", code="speech_not_configured"
        )
    if not requested and (preferred_voice := preferences.preferred_voice(preferred, language)) is not None:
        return preferred_voice
    try:
        voice = catalogue.get_voice(requested, names) if requested else catalogue.default_voice(language, names)
    except UnknownVoiceError as error:
        if requested:
            raise UnprocessableContentError(
                f"{error.detail} GET /v1/voices lists the available voices.", code="unknown_voice"
            ) from None
        raise UnprocessableContentError(
            f"No voice of this deployment speaks {language!r}. If the text is in another language, set `language`; "
            "GET /v1/voices lists the voices that there are, with their languages.",
            code="voice_language_mismatch",
        ) from None
    if language != languages.UNDETERMINED and not voice.reads(language):
        raise UnprocessableContentError(
            f"{voice.id} speaks {voice.language}, but the text is in {language}. GET /v1/voices?language={language} lists "
            "suitable voices; if the text is in another language, set `language`.",
            code="voice_language_mismatch",
        )
    return voice


def select_passage_voices(
    passage_languages: Iterable[str], voice: Voice, preferred: Mapping[str, str]
) -> dict[str, str]:
    """Return the voices that speak passages in other languages than the text, by language; a language without one is left out.

    `voice`, which reads the text, if it speaks the language, else the `preferred` one. Else the one most like `voice` of a
    provider that costs no more, so that a free recording stays free, and sounds natural; of others if these have none.
    """
    own = providers.get(voice.provider)

    def rank(name: str) -> tuple[bool, bool, bool]:
        provider = providers.get(name)
        is_dearer = not provider.is_in_process and provider.estimated_cost(1_000) > own.estimated_cost(1_000)
        return is_dearer, provider.quality == "basic", provider != own

    ranked = sorted(settings().tts_providers, key=rank)
    chosen: dict[str, str] = {}
    for language in passage_languages:
        if voice.reads(language):
            selected: Voice | None = voice
        elif (selected := preferences.preferred_voice(preferred, language)) is None:
            equivalents = (catalogue.equivalent_voice(voice, name, language) for name in ranked)
            selected = next(filter(None, equivalents), None)
        if selected is not None:
            chosen[language] = selected.id
    return chosen
