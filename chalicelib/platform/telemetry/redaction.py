"""What may be told of an exception: its kind, where it came from, and a first line in which nothing private is left.

Messages of libraries quote what they were given: Postgres whole rows (on its second line), pydantic the values it refuses, HTTP
clients addresses with their signatures. Whoever needs more finds the line by its correlation id and looks into the data.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator

MAX_CHARACTERS = 300  # enough for what went wrong, too little for a text
_QUERY = re.compile(r"\?[^\s'\")>]+")  # of an address: the signature, or a player's capability
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_LONG_WORD = re.compile(r"[^\s/:,'\"()\[\]{}<>]{40,}")  # tokens and keys; names of ours are shorter


def redacted_message(error: BaseException) -> str:
    """The first line of what an exception says, without queries, long words and what stands in quotation marks."""
    first = next(iter(str(error).strip().splitlines()), "")
    for private, instead in ((_QUERY, "?…"), (_QUOTED, "'…'"), (_LONG_WORD, "…")):
        first = private.sub(instead, first)
    return first[:MAX_CHARACTERS]


def exception_chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception, what it was raised from, and so on."""
    seen = set[int]()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def format_traceback(error: BaseException) -> str:
    """A traceback as Python writes it, the first cause first, in which every exception says only what may be told of it."""
    return "\n".join(
        f"Traceback (most recent call last):\n{''.join(traceback.format_tb(each.__traceback__))}"
        f"{type(each).__module__}.{type(each).__qualname__}: {redacted_message(each)}\n"
        for each in reversed(list(exception_chain(error)))
    )
