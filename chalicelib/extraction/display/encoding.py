"""Structure as JSON. What a child has written is checked when it is read: it may be anything."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from chalicelib.extraction.display.model import (
    BlockEnd,
    CloseTag,
    Event,
    OpenTag,
    ShownFormula,
    ShownPicture,
    TextRun,
    UnreadText,
    VoidTag,
)
from chalicelib.extraction.display.render import BLOCK_TAGS, INLINE_TAGS

# Event and the types of its values, by its name.
_EVENTS: dict[str, tuple[type[Event], tuple[type, ...]]] = {
    "open": (OpenTag, (str, dict)),
    "close": (CloseTag, (str,)),
    "run": (TextRun, (int, int)),
    "unread": (UnreadText, (str,)),
    "picture": (ShownPicture, (str, str, int, int)),
    "formula": (ShownFormula, (str, str, int, int)),
    "void": (VoidTag, (str, int, int)),
    "end": (BlockEnd, ()),
}
_TAGS = BLOCK_TAGS | INLINE_TAGS | {"br", "hr"}
_NAMES = {kind: name for name, (kind, _) in _EVENTS.items()}


def write(events: Iterable[Event], target: Path) -> None:
    with target.open("w", encoding="utf-8", errors="replace") as file:
        for event in events:
            values = [
                dict(value) if isinstance(event, OpenTag) and value is event.attributes else value for value in event
            ]
            file.write(json.dumps([_NAMES[type(event)], *values]) + "\n")


def read(source: Path, length: int) -> Iterator[Event]:
    """Yield the events of a structure of a text of `length` characters. Raises ValueError if it is none."""
    with source.open("r", encoding="utf-8") as file:
        for line in file:
            yield _event(json.loads(line), length)


def _event(row: Any, length: int) -> Event:
    name, *values = row if isinstance(row, list) and row and isinstance(row[0], str) else ("",)
    kind, types = _EVENTS.get(name, (BlockEnd, (int,)))
    if [type(value) for value in values] != list(types):
        raise ValueError("no event of a structure")
    offsets = [value for value in values if isinstance(value, int)]
    attributes = [item for value in values if isinstance(value, dict) for item in value.items()]
    is_valid = (
        (types[:1] != (str,) or name in {"unread", "picture", "formula"} or values[0] in _TAGS)
        and all(0 <= offset <= length for offset in offsets)
        and offsets == sorted(offsets)
        and all(key.replace("-", "").isalpha() and isinstance(value, str) for key, value in attributes)
    )
    if not is_valid:
        raise ValueError("an event of a structure with impossible values")
    return kind(*values)
