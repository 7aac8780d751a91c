"""Types of the fields that users fill in: titles, tags, dates and languages, with the sentences for what is rejected."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

MAX_TITLE_CHARACTERS = 300  # the longest book titles in library catalogues; still fits a list
MAX_TAGS = 50  # keeps a page of 100 media below 1 MB
MAX_TAG_CHARACTERS = 50
MAX_QUERY_CHARACTERS = 200  # far more than users type; bounds what a search can cost
MAX_NAME_CHARACTERS = 100  # of a language or an encoding; longer than all
MAX_SHOWN_CHARACTERS = 80  # of a rejected value in an error sentence


def to_single_line(text: str) -> str:
    """Normalize to NFC and collapse white space. Rejects control characters and blank text."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if has_control_characters(line):
        raise control_characters_error(text)
    if not line:
        raise PydanticCustomError("blank", "This field is blank. Enter at least one visible character.")
    return line


def has_control_characters(text: str, *, allowed: str = "") -> bool:
    """True if the text contains control characters or lone surrogates."""
    return any(unicodedata.category(character) in {"Cc", "Cs"} for character in text if character not in allowed)


def control_characters_error(text: str) -> PydanticCustomError:
    return PydanticCustomError(
        "control_characters",
        "{text} contains invisible control characters. Remove them, or type the text instead of pasting it.",
        {"text": repr(text[:MAX_SHOWN_CHARACTERS])},
    )


def not_removable_error(field: str) -> PydanticCustomError:
    return PydanticCustomError(
        "not_removable", "The {field} cannot be removed. Send a new {field}, or leave the field out.", {"field": field}
    )


def leave_out_null(schema: JsonDict) -> None:
    """Describe a field that may be left out, but has no null: for `Field(json_schema_extra=…)`."""
    options = schema.pop("anyOf")
    assert isinstance(options, list)  # noqa: S101 - pydantic's schema of `… | None`
    schema.update(next(option for option in options if isinstance(option, dict) and option != {"type": "null"}))


def _normalize_tag(text: str) -> str:
    """Give tags that look alike one form (NFKC, lower case)."""
    return to_single_line(unicodedata.normalize("NFKC", text)).lower()


def _without_control_characters(query: str) -> str:
    """Replace control characters, which Postgres may reject, by spaces."""
    return "".join(" " if has_control_characters(character) else character for character in query)


def check_date(text: str) -> str:
    """Check a year, a month or a day of ISO 8601."""
    year, *rest = text.split("-")
    parts = [year, *rest, *("01", "01")[len(rest) :]]
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", "-".join(parts), re.ASCII):
        raise _not_a_date_error(text)
    try:
        date(*map(int, parts))
    except ValueError:
        raise _not_a_date_error(text) from None
    return text


def _not_a_date_error(text: str) -> PydanticCustomError:
    return PydanticCustomError(
        "not_a_date",
        "{text} is not a date. Write a year, a month or a day, such as 1922, 1922-05 or 1922-05-31.",
        {"text": repr(text[:MAX_SHOWN_CHARACTERS])},
    )


def check_language_tag(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,5}", text):
        raise PydanticCustomError(
            "not_a_language",
            "{text} is not a language tag. Write one such as en, de-AT or zh-Hant.",
            {"text": repr(text[:MAX_SHOWN_CHARACTERS])},
        )
    return text


def deduplicate(tags: list[str]) -> list[str]:
    """Return the tags in order, each once."""
    return sorted(set(tags))


Title = Annotated[str, Field(min_length=1, max_length=MAX_TITLE_CHARACTERS), AfterValidator(to_single_line)]
LanguageTag = Annotated[str, Field(max_length=60), AfterValidator(check_language_tag)]
Tag = Annotated[str, Field(min_length=1, max_length=MAX_TAG_CHARACTERS), AfterValidator(_normalize_tag)]
QueryText = Annotated[str, Field(max_length=MAX_QUERY_CHARACTERS), AfterValidator(_without_control_characters)]
