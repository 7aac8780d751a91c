"""Metadata of a Markdown file: its front matter in YAML or TOML, as Pandoc, Jekyll and Hugo write it.

Of YAML, only what front matter has is read: names with a string, with a list of strings, or with a list of names.
"""

import re
from itertools import islice
from pathlib import Path
from typing import Any

from chalicelib.formats.charset import decode_text
from chalicelib.metadata.model import MetadataDraft

MAX_FRONT_MATTER_BYTES = 64 * 1024  # real ones have less than 2 KB
MAX_LINES = 500
_KEY = re.compile(r"""["']?([\w -]{1,40}?)["']?[ \t]*:(?:[ \t]+|$)""")
_ITEM = re.compile(r"\s*-(?:[ \t]+|$)")
_NESTED_KEY = re.compile(r"([\w-]{1,40})[ \t]*:[ \t]+")
_COMMENT = re.compile(r"[ \t]#")
_WITHOUT_EMPHASIS = {ord("*"): None, ord("`"): None}
_NAME_KEYS = frozenset({"name", "text", "literal"})
_BLOCK_MARKS = frozenset({"|", ">", "|-", ">-", "|+", ">+"})

_CREATORS = ("author", "authors", "creator", "creators", "by")
_LANGUAGES = ("lang", "language", "locale")
_DATES = ("date", "published", "publication-date", "publishdate", "pubdate", "year", "issued")
_SERIES = ("series", "belongs-to-collection", "collection")
_POSITIONS = ("series_index", "series-index", "series-number", "series_number", "group-position", "part", "volume")


def read(path: Path) -> MetadataDraft:
    """Return what the front matter says; nothing without one."""
    with path.open("rb") as file:
        lines = decode_text(file.read(MAX_FRONT_MATTER_BYTES)).replace("\r\n", "\n").split("\n")
    fence = lines[0].strip().lstrip("\ufeff")
    ends = {"---", "..."} if fence == "---" else {"+++"} if fence == "+++" else set()
    body = lines[1 : MAX_LINES + 1]
    end = next((number for number, line in enumerate(body) if line.rstrip() in ends), None)
    if end is None:
        return MetadataDraft()
    fields = _parse_toml("\n".join(body[:end])) if fence == "+++" else _parse_yaml(body[:end])

    def values(*names: str) -> list[str]:
        return [value for name in names for value in fields.get(name, ())]

    positions = [*values(*_POSITIONS), ""]
    return MetadataDraft(
        titles=[title.translate(_WITHOUT_EMPHASIS) for title in values("title", "booktitle")],
        creators=[values(name) for name in _CREATORS],
        languages=values(*_LANGUAGES),
        publishers=values("publisher"),
        dates=values(*_DATES),
        series=[(name, positions[0]) for name in values(*_SERIES)],
    )


def _parse_yaml(lines: list[str]) -> dict[str, list[str]]:
    """Return the values of each top-level name, in lower case."""
    fields: dict[str, list[str]] = {}
    values: list[str] = []
    is_block = False
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key = None if line[0] in " \t-" else _KEY.match(line)
        if key is not None:
            values = fields.setdefault(key[1].strip().lower(), [])
            rest = line[key.end() :].strip()
            is_block = rest in _BLOCK_MARKS
            values += () if is_block else _parse_value(rest)
        elif is_block or (
            values and line[0] in " \t" and not _ITEM.match(line) and not _NESTED_KEY.match(line.strip())
        ):
            values[:] = [" ".join([*values, line.strip()])]  # a text goes on
        elif line.strip():
            item = _ITEM.match(line)
            values += _parse_item(line[item.end() :] if item else line)
    return fields


def _parse_item(text: str) -> list[str]:
    """Return the string of a list's item; of one with names of its own ("name: …", "email: …"), what it is called."""
    nested = _NESTED_KEY.match(text.strip())
    if nested is None:
        return _parse_value(text)
    return _parse_value(text.strip()[nested.end() :]) if nested[1].lower() in _NAME_KEYS else []


def _parse_value(text: str) -> list[str]:
    value = text.strip()
    if value.startswith("["):
        return [part for item in value.strip("[] ").split(",") for part in _parse_value(item.strip("[] "))]
    quote = value[:1]
    if quote in {'"', "'"}:
        end = value.find(quote, 1)
        value = value[1:end] if end > 0 else value[1:]
    elif comment := _COMMENT.search(value):
        value = value[: comment.start()]
    value = value.strip()
    return [] if value.lower() in {"", "null", "~"} else [value]


def _parse_toml(text: str) -> dict[str, list[str]]:
    import tomllib

    try:
        fields = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
    return {name.lower(): list(islice(_strings(value), MAX_LINES)) for name, value in fields.items()}


def _strings(value: Any) -> list[str]:
    match value:
        case list():
            return [text for item in value for text in _strings(item)]
        case dict():
            return [text for name, item in value.items() if name.lower() in _NAME_KEYS for text in _strings(item)]
        case bool() | None:
            return []
        case _:
            return [str(value)]
