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
JSON_TYPES = ("application/json", "application/merge-patch+json")


def path_value(kind: Any, text: str) -> Any:
    """Return a path parameter as its type. Raises NotFoundError for an id that is not a UUID."""
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
    content = request.raw_body
    raw = content.encode() if isinstance(content, str) else content
    if len(raw) > MAX_BODY_BYTES:
        raise ContentTooLargeError(f"The request body has {len(raw):,} bytes; the limit is {MAX_BODY_BYTES:,}.")
    media_type = str(request.headers.get("content-type", "application/json")).split(";")[0].strip().lower()
    if media_type not in JSON_TYPES:
        raise UnsupportedMediaTypeError(f"The body has the type {media_type!r}. Send application/json.")
    if not raw.strip():
        raw = b"{}"
    if _depth(raw) > MAX_JSON_DEPTH:
        raise BadRequestError(f"The JSON body is nested deeper than {MAX_JSON_DEPTH} levels.", code="malformed_json")
    try:
        json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"The body is not valid JSON: {error}.", code="malformed_json") from None
    try:
        return model.model_validate_json(raw, strict=True)
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
