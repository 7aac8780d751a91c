"""Redaction of exceptions: their types, their tracebacks, and a first line without private data.

Messages of libraries quote their input: Postgres whole rows (on its second line), pydantic the values it rejects, HTTP clients
URLs with their signatures. An operator who needs more finds the request by its correlation id.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator

MAX_CHARACTERS = 300  # enough for an error, too little for a text
_QUERY = re.compile(r"\?[^\s'\")>]+")  # of a URL: its signature, or a player's link token
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_LONG_WORD = re.compile(r"[^\s/:,'\"()\[\]{}<>]{40,}")  # tokens and keys; our own names are shorter


def redacted_message(error: BaseException) -> str:
    """Return the first line of an exception's message, without queries, long words and quoted text."""
    first = next(iter(str(error).strip().splitlines()), "")
    for pattern, replacement in ((_QUERY, "?…"), (_QUOTED, "'…'"), (_LONG_WORD, "…")):
        first = pattern.sub(replacement, first)
    return first[:MAX_CHARACTERS]


def exception_chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception, its cause, the cause of that, and so on."""
    seen = set[int]()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def format_traceback(error: BaseException) -> str:
    """Return a traceback as Python formats it, first cause first, with redacted messages."""
    return "\n".join(
        f"Traceback (most recent call last):\n{''.join(traceback.format_tb(link.__traceback__))}"
        f"{type(link).__module__}.{type(link).__qualname__}: {redacted_message(link)}\n"
        for link in reversed(list(exception_chain(error)))
    )
