"""Models of the pronunciation lexicon."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.library.fields import leave_out_null, not_removable_error, to_single_line
from chalicelib.platform.db.cursor import ListItem
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.speech.lexicon import ipa
from chalicelib.speech.voices.languages import LanguageTag

MAX_ENTRIES = 1_000  # of an owner; each is looked for in every segment, ~0.2 µs
MAX_WRITTEN_CHARACTERS = 100  # a name of several words
MAX_SPOKEN_CHARACTERS = 200  # an abbreviation in full
MAX_PREVIEW_CHARACTERS = 200  # a sentence: 12 s of speech


def _check_letters(text: str) -> str:
    line = to_single_line(text)
    if not any(map(str.isalnum, line)):
        raise PydanticCustomError(
            "no_letters", "{text} has no letters and no digits. Enter at least one.", {"text": repr(line)}
        )
    return line


Written = Annotated[str, Field(min_length=1, max_length=MAX_WRITTEN_CHARACTERS), AfterValidator(_check_letters)]
Spoken = Annotated[str, Field(min_length=1, max_length=MAX_SPOKEN_CHARACTERS), AfterValidator(_check_letters)]
Ipa = Annotated[str, Field(min_length=1, max_length=ipa.MAX_CHARACTERS), AfterValidator(ipa.normalize)]


class Pronunciation(LazyModel):
    """Words or phonemes that are said for a written word or phrase, in a language and its regions.

    `spoken` is said instead of it. `ipa` is how it sounds, for voices that take phonemes; others say `spoken`, and without one
    what is written. `whole_word`: not inside longer words.
    """

    model_config = ConfigDict(frozen=True)

    written: Written
    spoken: Spoken | None = None
    ipa: Ipa | None = None
    language: LanguageTag
    whole_word: bool = True
    case_sensitive: bool = False


class NewLexiconEntry(Pronunciation):
    """An entry to create: with `spoken` or `ipa`, or both. Without `media_id` it is for all documents."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    media_id: UUID | None = None

    @model_validator(mode="after")
    def _require_sound(self) -> Self:
        if self.spoken is None and self.ipa is None:
            raise PydanticCustomError(
                "no_pronunciation", "The entry says nothing. Send `spoken` (words) or `ipa` (phonemes), or both."
            )
        return self


def _not_null(field: str) -> BeforeValidator:
    def check(value: object) -> object:
        if value is None:
            raise not_removable_error(field)
        return value

    return BeforeValidator(check)


class LexiconEntryChanges(LazyModel):
    """A merge patch (RFC 7396): fields left out do not change; null removes `spoken` or `ipa`, or makes the entry one for all
    documents.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    written: Annotated[Written | None, Field(json_schema_extra=leave_out_null), _not_null("written")] = None
    spoken: Spoken | None = None
    ipa: Ipa | None = None
    language: Annotated[LanguageTag | None, Field(json_schema_extra=leave_out_null), _not_null("language")] = None
    whole_word: Annotated[bool | None, Field(json_schema_extra=leave_out_null), _not_null("whole_word")] = None
    case_sensitive: Annotated[bool | None, Field(json_schema_extra=leave_out_null), _not_null("case_sensitive")] = None
    media_id: UUID | None = None


class LexiconEntry(ListItem):
    """An entry of the pronunciation lexicon. `media_id`: the only document that it is for, else null."""

    written: str
    spoken: str | None
    ipa: str | None
    language: str
    whole_word: bool
    case_sensitive: bool
    media_id: UUID | None
    updated_at: datetime


class AffectedText(LazyModel):
    """The text that an entry changes: documents that contain the word, and the characters of the segments that do. So many are
    spoken again when all these documents are.

    `is_complete` is false when the library is too large to look at all of it; the numbers are then of its newest documents.
    """

    documents: int
    characters: int
    is_complete: bool


class NewPreview(LazyModel):
    """A text to hear, with the saved entries and with an `entry` that is not saved yet, which counts first.

    Without a `voice`, the preferred one of the language; without a `language`, that of the entry, else English.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Annotated[str, Field(min_length=1, max_length=MAX_PREVIEW_CHARACTERS), AfterValidator(_check_letters)]
    voice: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    language: LanguageTag | None = None
    entry: NewLexiconEntry | None = None


class PreviewStatus(StrEnum):
    PENDING = "pending"
    READY = "ready"


class SpeechPreview(LazyModel):
    """The audio of a preview once its status is `ready`. `spoken` is what the voice was sent."""

    status: PreviewStatus
    voice: str
    spoken: str
    url: str | None = None
    expires_at: datetime | None = None
    duration_ms: int | None = None
