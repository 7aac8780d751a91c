"""Reading and replacing a listener's preferences, and the voice that they name for a language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from chalicelib.library import languages as library_languages
from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import FieldError, UnprocessableContentError
from chalicelib.speech.preferences import store
from chalicelib.speech.preferences.model import ListenerPreferences
from chalicelib.speech.voices import catalogue, languages
from chalicelib.speech.voices.model import UnknownVoiceError, Voice


def get(owner_id: UUID) -> ListenerPreferences:
    """Return the listener's preferences; the defaults until some are saved."""
    with database.transaction(owner_id) as connection:
        return load(connection)


def load(connection: Connection) -> ListenerPreferences:
    """Return the preferences of the transaction's owner; the defaults until some are saved."""
    return store.get(connection) or ListenerPreferences()


def replace(
    owner_id: UUID,
    preferences: ListenerPreferences,
    precondition: Callable[[ListenerPreferences], None] = lambda _: None,
) -> ListenerPreferences:
    """Replace all preferences and return them.

    `precondition` gets those before the change, locked, and raises to prevent it. Raises UnprocessableContentError
    (`unknown_language`, `unknown_voice`, `voice_language_mismatch`).
    """
    preferences = preferences.model_copy(update={"voices": _check_voices(preferences.voices)})
    with database.transaction(owner_id) as connection:
        store.lock(connection, owner_id)
        precondition(load(connection))
        store.upsert(connection, owner_id, preferences)
    return preferences


def preferred_voice(voices: Mapping[str, str], language: str) -> Voice | None:
    """Return the voice that preferences name for a text's language: that of the closest tag.

    None if there is none, or its provider no longer has it.
    """
    tags = [tag for tag in voices if languages.is_same_language(tag, language)]
    if not tags:
        return None
    try:
        voice = catalogue.get_voice(
            voices[min(tags, key=lambda tag: languages.distance(tag, language))], settings().tts_providers
        )
    except UnknownVoiceError:
        return None
    return voice if voice.reads(language) else None


def _check_voices(voices: Mapping[str, str]) -> dict[str, str]:
    """Return the voices by standard tags: "DE" is "de", "pt_br" is "pt-BR"."""
    checked: dict[str, str] = {}
    for tag, voice_id in voices.items():
        language = library_languages.standardize(tag)
        if language is None:
            raise _voice_error(
                tag, f"{tag[:80]!r} is not a known language. Use a tag such as en or de-AT.", code="unknown_language"
            )
        if language in checked:
            raise _voice_error(tag, f"{tag!r} names the language {language!r} again. Keep one voice for it.")
        try:
            voice = catalogue.get_voice(voice_id, settings().tts_providers)
        except UnknownVoiceError as error:
            raise _voice_error(
                tag, f"{error.detail} GET /v1/voices lists the available voices.", code="unknown_voice"
            ) from None
        if not voice.reads(language):
            raise _voice_error(
                tag,
                f"{voice.id} speaks {voice.language}, not {language}. GET /v1/voices?language={language} lists suitable voices.",
                code="voice_language_mismatch",
            )
        checked[language] = voice_id
    return dict(sorted(checked.items()))


def _voice_error(tag: str, detail: str, *, code: str = "invalid") -> UnprocessableContentError:
    field = f"voices.{tag[:80]}"
    return UnprocessableContentError(f"{field}: {detail}", code=code, errors=[FieldError(field, detail)])
