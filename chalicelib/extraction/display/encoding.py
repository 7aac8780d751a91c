"""Structure as JSON. What a child has written is checked when it is read: it may be anything."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
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

BATCH_EVENTS = 1_000  # of one line: encoding a line has a cost of its own
_TAGS = BLOCK_TAGS | INLINE_TAGS
_NAMES: dict[type[Event], str] = {
    CloseTag: "close",
    TextRun: "run",
    UnreadText: "unread",
    ShownPicture: "picture",
    ShownFormula: "formula",
    VoidTag: "void",
    BlockEnd: "end",
}


def write(events: Iterable[Event], target: Path) -> None:
    """Write a structure: lists of events, one a line."""
    with target.open("w", encoding="utf-8", errors="replace") as file:
        iterator = iter(events)
        while batch := list(islice(iterator, BATCH_EVENTS)):
            file.write(json.dumps([_row(event) for event in batch]) + "\n")


def _row(event: Event) -> list[Any]:
    if isinstance(event, OpenTag):
        return ["open", event.tag, dict(event.attributes)]
    return [_NAMES[type(event)], *event]


def read(source: Path, length: int) -> Iterator[Event]:
    """Yield the events of a structure of a text of `length` characters. Raises ValueError if it is none."""
    with source.open("r", encoding="utf-8") as file:
        for line in file:
            rows = json.loads(line)
            if not isinstance(rows, list):
                raise ValueError("no structure")
            for row in rows:
                yield _event(row, length)


def _event(row: Any, length: int) -> Event:
    match row:
        case ["run", int(start), int(end)] if 0 <= start <= end <= length:
            return TextRun(start, end)
        case ["open", str(tag), dict(attributes)] if tag in _TAGS and all(map(_is_attribute, attributes.items())):
            return OpenTag(tag, attributes)
        case ["close", str(tag)] if tag in _TAGS:
            return CloseTag(tag)
        case ["end"]:
            return BlockEnd()
        case ["unread", str(text)]:
            return UnreadText(text)
        case ["void", ("br" | "hr") as tag, int(start), int(end)] if 0 <= start <= end <= length:
            return VoidTag(tag, start, end)
        case ["picture", str(name), str(description), int(start), int(end)] if 0 <= start <= end <= length:
            return ShownPicture(name, description, start, end)
        case ["formula", str(mathml), str(source), str(symbols), int(start), int(end)] if 0 <= start <= end <= length:
            return ShownFormula(mathml, source, symbols, start, end)
    raise ValueError("no event of a structure")


def _is_attribute(item: tuple[str, Any]) -> bool:
    name, value = item
    return name.replace("-", "").isalpha() and isinstance(value, str)
