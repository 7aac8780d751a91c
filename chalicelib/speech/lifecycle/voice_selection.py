"""Which voice reads a text, from what was asked for and what the text is in."""

from chalicelib.platform.config import settings
from chalicelib.platform.errors import UnprocessableContentError
from chalicelib.speech.voices import catalogue, languages
from chalicelib.speech.voices.model import UnknownVoiceError, Voice


def select_voice(wanted: str | None, language: str) -> Voice:
    """The wanted voice, or the best one for the language; `und` is a text whose language nobody could tell.

    A voice that does not speak the language is refused before anything is paid for: it would read noise, and the language
    may have been found wrongly, which the request can say. Raises InvalidError (`unknown_voice`, `voice_language`).
    """
    providers = settings().tts_providers
    try:
        voice = catalogue.get_voice(wanted, providers) if wanted else catalogue.default_voice(language, providers)
    except UnknownVoiceError as none:
        if wanted:
            raise UnprocessableContentError(
                f"{none.detail} GET /v1/voices lists those there are.", code="unknown_voice"
            ) from None
        raise UnprocessableContentError(
            f"No voice here reads {language!r}. If the text is in another language, say so with `language`.",
            code="voice_language",
        ) from None
    if language != languages.UNDETERMINED and not languages.supports_language(voice.language, language):
        raise UnprocessableContentError(
            f"{voice.id} speaks {voice.language}, and the text is in {language}. GET /v1/voices?language={language} lists "
            "voices that read it; if the text is in another language, say so with `language`.",
            code="voice_language",
        )
    return voice
