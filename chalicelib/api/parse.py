"""A request's parts as values of the types that a route declares."""

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
JSON_TYPES = ("application/json", "application/merge-patch+json")


def path_value(kind: Any, text: str) -> Any:
    """A part of the path. Raises NotFoundError for an id that is no UUID: such a thing does not exist."""
    if kind is not UUID:
        return text
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError(f"Nothing is known under the id {text[:80]!r}.") from None


def body(request: Request, model: type[BaseModel]) -> BaseModel:
    """The JSON body; an empty one is an empty object, and no text is taken for a number.

    Raises TooLargeError, UnsupportedTypeError, BadRequestError and InvalidError.
    """
    given = request.raw_body
    raw = given.encode() if isinstance(given, str) else given
    if len(raw) > MAX_BODY_BYTES:
        raise ContentTooLargeError(f"The request body has {len(raw):,} bytes; at most {MAX_BODY_BYTES:,} are taken.")
    media_type = str(request.headers.get("content-type", "application/json")).split(";")[0].strip().lower()
    if media_type not in JSON_TYPES:
        raise UnsupportedMediaTypeError(f"The body is {media_type!r}; send application/json.")
    if not raw.strip():
        raw = b"{}"
    if _depth(raw) > MAX_JSON_DEPTH:
        raise BadRequestError(f"The JSON body is nested deeper than {MAX_JSON_DEPTH} levels.", code="malformed_json")
    try:
        json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"The body is not JSON: {error}.", code="malformed_json") from None
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise problem.of_validation(error, where="body") from None


def query(request: Request, model: type[BaseModel]) -> BaseModel:
    """The query parameters, each given once. Raises InvalidError."""
    given = request.query_params if request.query_params is not None else MultiDict({})
    values: dict[str, Any] = {}
    for name in given:
        repeated = given.getlist(name)
        if len(repeated) > 1:
            raise UnprocessableContentError(
                f"The query parameter {name!r} is given {len(repeated)} times; give it once."
            )
        values[name] = repeated[0]
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise problem.of_validation(error, where="query") from None


def _depth(raw: bytes) -> int:
    """How deep brackets nest, strings apart; counted before parsing, so that a deep body costs nothing."""
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
