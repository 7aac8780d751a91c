"""Parse path, body and query of a request into the types that a route declares."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from chalice.app import MultiDict, Request
from pydantic import BaseModel, ValidationError

from chalicelib.api import problem
from chalicelib.platform.errors import (
    BadRequestError,
    ContentTooLargeError,
    NotFoundError,
    UnprocessableContentError,
    UnsupportedMediaTypeError,
)

MAX_BODY_BYTES = 256 * 1024  # requests carry names and numbers; files go to storage
MAX_JSON_DEPTH = 16
MAX_NUMBER_CHARACTERS = 400  # the largest floating-point number has 309 digits
MAX_INDEX_DIGITS = 9
MAX_QUOTED_CHARACTERS = 20  # of a body, where it stops being JSON
ENCODE_AS_UTF_8 = "Encode it as UTF-8, or escape the characters, such as \\u00e9."
SURROGATE_SENTENCE = "The body contains half of a surrogate pair, such as \\ud800 alone. Send whole characters."
JSON_TYPES = ("application/json", "application/merge-patch+json")


def path_value(kind: Any, text: str) -> Any:
    """Return a path parameter as its type. Raises NotFoundError for an id that is not a UUID, or an index that is no number."""
    if kind is int:
        if not text.isascii() or not text.isdecimal() or len(text) > MAX_INDEX_DIGITS:
            raise NotFoundError(f"Nothing has the index {text[:80]!r}. It is a number from 0.")
        return int(text)
    if kind is not UUID:
        return text
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError(f"Nothing has the id {text[:80]!r}.") from None


def body(request: Request, model: type[BaseModel]) -> BaseModel:
    """Return the JSON body as a model. An empty body is an empty object; strings are not converted to numbers.

    Raises ContentTooLargeError, UnsupportedMediaTypeError, BadRequestError and UnprocessableContentError.
    """
    raw = _raw_body(request)
    if len(raw) > MAX_BODY_BYTES:
        raise ContentTooLargeError(f"The request body has {len(raw):,} bytes; the limit is {MAX_BODY_BYTES:,}.")
    coding = str(request.headers.get("content-encoding") or "identity").strip().lower()
    if coding != "identity":
        raise UnsupportedMediaTypeError(
            f"The body is encoded as {coding[:80]!r}. Send it as plain JSON, without Content-Encoding.",
            code="unsupported_encoding",
            headers={"Accept-Encoding": "identity"},
        )
    media_type = str(request.headers.get("content-type", "application/json")).split(";")[0].strip().lower()
    if media_type not in JSON_TYPES:
        raise UnsupportedMediaTypeError(f"The body has the type {media_type!r}. Send application/json.")
    try:
        return model.model_validate_json(_json_text(raw), strict=True)
    except ValidationError as error:
        raise problem.of_validation(error, where="body") from None


def query(request: Request, model: type[BaseModel]) -> BaseModel:
    """Return the query parameters as a model. Raises UnprocessableContentError, also for a repeated parameter."""
    parameters = request.query_params if request.query_params is not None else MultiDict({})
    values: dict[str, Any] = {}
    for name in parameters:
        occurrences = parameters.getlist(name)
        if len(occurrences) > 1:
            raise UnprocessableContentError(
                f"The query parameter {name!r} occurs {len(occurrences)} times. Send it once."
            )
        values[name] = occurrences[0]
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise problem.of_validation(error, where="query") from None


def _raw_body(request: Request) -> bytes:
    try:
        content = request.raw_body
        return content.encode() if isinstance(content, str) else content
    except UnicodeEncodeError:
        raise _malformed_error(SURROGATE_SENTENCE) from None


def _json_text(raw: bytes) -> str:
    """Return the text of a JSON body. Raises BadRequestError (`malformed_json`), and for a huge number UnprocessableContentError.

    API Gateway replaces bytes that are not UTF-8 by U+FFFD before the body arrives here: a client that means this character can
    send it as an escape.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise _malformed_error(f"Byte {error.start + 1:,} of the body is not UTF-8. {ENCODE_AS_UTF_8}") from None
    if text.startswith("\ufeff"):
        raise _malformed_error("The body starts with a byte order mark (BOM). Send UTF-8 without it.")
    if "\ufffd" in text:
        raise _malformed_error(f"The body contains bytes that are not UTF-8. {ENCODE_AS_UTF_8}")
    if not text.strip():
        return "{}"
    if _depth(raw) > MAX_JSON_DEPTH:
        raise _malformed_error(f"The JSON body is nested deeper than {MAX_JSON_DEPTH} levels.")
    try:
        value = json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_reject_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        found = (
            repr(text[error.pos : error.pos + MAX_QUOTED_CHARACTERS])
            if error.pos < len(text)
            else "the end of the body"
        )
        raise _malformed_error(
            f"The body is not valid JSON at {found} (line {error.lineno}, column {error.colno}). Check quotes and commas."
        ) from None
    except UnicodeEncodeError:
        raise _malformed_error(SURROGATE_SENTENCE) from None
    return text


def _number(text: str) -> str:
    """Check the length of a number in JSON, which is converted later."""
    if len(text) > MAX_NUMBER_CHARACTERS:
        raise UnprocessableContentError(
            f"The body contains a number of {len(text):,} digits; use numbers of at most {MAX_NUMBER_CHARACTERS}."
        )
    return text


def _reject_constant(name: str) -> None:
    raise _malformed_error(f"The body contains {name}, which is not JSON. Send a number, or null.")


def _malformed_error(detail: str) -> BadRequestError:
    return BadRequestError(detail, code="malformed_json")


def _depth(raw: bytes) -> int:
    """Return how deeply brackets nest outside strings; counted before parsing, to limit its cost."""
    depth = deepest = 0
    in_string = escaped = False
    for byte in raw:
        if in_string:
            in_string = escaped or byte != 0x22
            escaped = byte == 0x5C and not escaped
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest
