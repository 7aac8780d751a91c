"""Messages of the ingest queue that are not S3's own."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

from pydantic import RootModel


class ArrivalMessage(RootModel[dict[str, Any]]):
    """S3's event of a new object, as far as `ingest` reads it."""


def arrival(key: str) -> ArrivalMessage:
    """Return the message that has an incoming object inspected."""
    return ArrivalMessage({"Records": [{"s3": {"object": {"key": quote_plus(key, safe="/")}}}]})
