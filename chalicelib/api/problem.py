"""Problem documents (RFC 9457): the one shape of every error."""

from __future__ import annotations

import json
from typing import get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from chalicelib.platform.errors import AppError, FieldError, UnprocessableContentError
from chalicelib.platform.lazy_model import LazyModel

MEDIA_TYPE = "application/problem+json"
MAX_FIELD_ERRORS = 20  # enough to correct a request; a hostile body must not produce a huge response

MAX_QUOTED_CHARACTERS = 80  # of the offending value
WITHOUT_VALUE = frozenset(
    {"extra_forbidden", "missing", "string_unicode", "value_error"}
)  # errors where the value says nothing more
PYDANTIC_ERRORS = frozenset(get_args(ErrorType))
# Sentences for pydantic's errors, by its error types; `{…}` are the names of its context.
SENTENCES = {
    "bool_parsing": "Use true or false.",
    "bool_type": "Use true or false.",
    "datetime_from_date_parsing": "Use a time in RFC 3339, such as 2025-01-31T09:30:00Z.",
    "datetime_parsing": "Use a time in RFC 3339, such as 2025-01-31T09:30:00Z.",
    "datetime_type": "Use a time in RFC 3339, such as 2025-01-31T09:30:00Z.",
    "dict_type": "Use a JSON object.",
    "enum": "Use one of {expected}.",
    "extra_forbidden": "This field is unknown; remove it.",
    "finite_number": "Use a finite number.",
    "float_parsing": "Use a number.",
    "float_type": "Use a number.",
    "greater_than_equal": "The value must be at least {ge}.",
    "int_from_float": "Use a whole number.",
    "int_parsing": "Use a whole number.",
    "int_parsing_size": "The number is too large.",
    "int_type": "Use a whole number.",
    "json_invalid": "This is not valid JSON.",
    "less_than_equal": "The value must be at most {le}.",
    "list_type": "Use a JSON array.",
    "literal_error": "Use {expected}.",
    "missing": "This field is required.",
    "model_type": "Use a JSON object.",
    "string_pattern_mismatch": "{sentence}",  # of PATTERNS
    "string_too_long": "The text may have at most {max_length} characters.",
    "string_too_short": "The text must have at least {min_length} characters.",
    "string_type": "Use text.",
    "string_unicode": "The text must be valid Unicode.",
    "timezone_aware": "Add a time zone, such as Z.",
    "too_long": "There may be at most {max_length} items; there are {actual_length}.",
    "too_short": "There must be at least {min_length} items; there are {actual_length}.",
    "uuid_parsing": "Use a UUID.",
    "uuid_type": "Use a UUID.",
    "value_error": "{error}",
}
# Sentences for texts that do not match a pattern of a model.
PATTERNS = {
    r"^[\w.+-]+/([\w.+-]+|\*)$": "Use a media type or a family of them, such as application/pdf or image/*.",
    r"^[ -~]*$": "Use a media type in ASCII, such as application/pdf.",
    r"^[!-~]+$": "Use the id that the upload's start returned.",
    r"^([0-9]{1,18}:[0-9a-f]{64})?$": "Use the value of `next` in the response before.",
    r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$": "Use a language tag, such as en or de-AT.",
}


class ProblemField(LazyModel):
    field: str
    detail: str


class Problem(LazyModel):
    """`code` is stable; `message` repeats `detail`, because upload clients display that member."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    message: str
    errors: list[ProblemField]
    request_id: str


def document(error: AppError, request_id: str) -> Problem:
    return Problem(
        type=f"urn:visionary:problem:{error.code}",
        title=error.title,
        status=error.status,
        code=error.code,
        detail=error.detail,
        message=error.detail,
        errors=[ProblemField(field=e.field, detail=e.detail) for e in error.errors],
        request_id=request_id,
    )


def of_validation(error: ValidationError, *, where: str) -> UnprocessableContentError:
    """Return the error for a request that does not fit its model, field by field. `where` is `body`, `query` or `key`."""
    fields = [
        FieldError(".".join(map(str, details["loc"])) or where, _sentence(details))
        for details in error.errors(include_url=False)[:MAX_FIELD_ERRORS]
    ]
    first_sentences = " ".join(f"{field.field}: {field.detail}" for field in fields[:3])
    return UnprocessableContentError(f"The {where} is invalid. {first_sentences}", errors=fields)


def _sentence(details: ErrorDetails) -> str:
    """Return our own sentence for one of pydantic's errors. Our validators raise PydanticCustomError with their sentence."""
    value, context = details.get("input"), details.get("ctx", {})
    template = SENTENCES.get(details["type"])
    if template is None:
        return details["msg"] if details["type"] not in PYDANTIC_ERRORS else f"This value is invalid.{_quoted(value)}"
    if pattern := context.get("pattern"):
        context = {"sentence": PATTERNS[pattern]}
    return template.format(**context) + ("" if details["type"] in WITHOUT_VALUE else _quoted(value))


def _quoted(value: object) -> str:
    """Return the value as a sentence: texts with their escapes, all else as JSON spells it."""
    if not isinstance(value, str | int | float | bool):
        return ""
    text = repr(value) if isinstance(value, str) else json.dumps(value)
    return f" It is {text if len(text) <= MAX_QUOTED_CHARACTERS else text[: MAX_QUOTED_CHARACTERS - 1] + '…'}."
