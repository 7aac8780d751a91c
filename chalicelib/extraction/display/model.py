"""The structure of a document as a stream of events, and the sections of HTML that are made of it.

All offsets count code points of the reading text. Events are plain tuples, because they cross a process boundary as JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

MAX_SECTION_CHARACTERS = 60_000  # of one response, and of what a page lays out at once
MAX_SECTION_PICTURES = 100  # each with a signed address

Attributes = Mapping[str, str]


class OpenTag(NamedTuple):
    """Start of an element. Attributes are those of the display form: `lang`, `dir`, `href`, `data-note` and so on."""

    tag: str
    attributes: Attributes = MappingProxyType({})


class CloseTag(NamedTuple):
    """End of the last element that is open."""

    tag: str


class TextRun(NamedTuple):
    """Text that is in the reading text, from `start` up to `end`."""

    start: int
    end: int


class UnreadText(NamedTuple):
    """Text that is shown, but is not in the reading text."""

    text: str


class ShownPicture(NamedTuple):
    """Picture by the digest of its name in the document. From `start` up to `end`, the reading text has its description."""

    digest: str
    description: str
    start: int = 0
    end: int = 0


class ShownFormula(NamedTuple):
    """Formula in MathML or in LaTeX, or else as its symbols. From `start` up to `end`, the reading text says it in words."""

    mathml: str
    latex: str
    symbols: str
    start: int = 0
    end: int = 0


class VoidTag(NamedTuple):
    """Line break or scene break. Of a scene break, the reading text may have a sign from `start` up to `end`."""

    tag: Literal["br", "hr"]
    start: int = 0
    end: int = 0


class BlockEnd(NamedTuple):
    """End of a block of text, whatever elements are open."""


Event = OpenTag | CloseTag | TextRun | UnreadText | ShownPicture | ShownFormula | VoidTag | BlockEnd


def digest(name: str) -> str:
    """Return the digest of a picture's name in its document. A name may be a whole `data:` address."""
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class PictureFile:
    """Stored picture of a document: its name, and its size in pixels."""

    name: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PlacedPicture:
    """Picture behind the text up to `offset`, for documents whose structure does not say where it is."""

    digest: str
    description: str
    offset: int


@dataclass(frozen=True, slots=True)
class Section:
    """Section of a display form: the reading text from `start` up to `end`.

    `at` and `size` are the place of its HTML in the file, `pictures` the names of those that it shows.
    """

    title: str
    start: int
    end: int
    at: int
    size: int
    pictures: tuple[str, ...]
