"""Pictures in an RTF document: those that are PNG or JPEG."""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from chalicelib.extraction.rtf.state import Destination
from chalicelib.extraction.rtf.words import DESTINATIONS, is_description
from chalicelib.formats import rtf
from chalicelib.formats.rtf import RtfToken, TokenKind
from chalicelib.illustrations.references import PictureCollector, PictureReference

_BITMAPS = frozenset({b"pngblip", b"jpegblip"})
_FALLBACK = b"nonshppict"  # the same picture once more, for old programs
_SHAPE_PICTURE = b"shppict"
_OPTIONAL = b"*"
_SURROGATES = range(0xD800, 0xE000)


@dataclass(slots=True)
class _Picture:
    is_bitmap: bool = False
    content: list[bytes] = field(default_factory=list)
    description: str = ""

    def read(self) -> bytes:
        try:
            return binascii.unhexlify(b"".join(b"".join(self.content).split()))
        except binascii.Error:
            return b""


@dataclass(slots=True)
class _OpenGroup:
    """A group that is open. `bytes_behind` are those that each character beyond ASCII has for old programs."""

    destination: bytes = b""
    is_text: bool = True
    bytes_behind: int = 1
    text: list[str] = field(default_factory=list)


def list_pictures(path: Path) -> Iterator[PictureReference]:
    """Yield the pictures of the text in reading order. Raises FormatError."""
    reader = _Reader()
    for token in rtf.tokens(path.read_bytes()):
        reader.read(token)
    yield from reader.collector.references()


class _Reader:
    def __init__(self) -> None:
        self.collector = PictureCollector()
        self._groups = [_OpenGroup(is_text=False)]
        self._picture: _Picture | None = None
        self._property = ""  # of the picture's shape
        self._codepage = "cp1252"
        self._skipped = 0  # bytes that stand for the character before
        self._count = 0

    def read(self, token: RtfToken) -> None:
        match token.kind:
            case TokenKind.GROUP_START:
                around = self._groups[-1]
                self._groups.append(_OpenGroup(around.destination, around.is_text, around.bytes_behind))
            case TokenKind.GROUP_END:
                self._end(self._groups.pop() if len(self._groups) > 1 else self._groups[0])
            case TokenKind.WORD:
                self._word(token.value, token.parameter)
            case TokenKind.BYTE:
                self._add(bytes([token.parameter or 0]))
            case TokenKind.TEXT:
                self._add(token.value)
            case TokenKind.BINARY:
                if self._picture is not None:
                    self._picture.content.append(binascii.hexlify(token.value))
            case TokenKind.SYMBOL if token.value == b"*":  # programs that do not know the group skip it
                self._groups[-1].destination, self._groups[-1].is_text = _OPTIONAL, False
            case _:
                pass

    def _word(self, name: bytes, parameter: int | None) -> None:
        group = self._groups[-1]
        if name == b"ansicpg":
            self._codepage = rtf.codepage(parameter)
        elif name == b"uc":
            group.bytes_behind = parameter or 0
        elif name == b"u" and parameter is not None:
            code = parameter % 0x10000
            self._add_text("" if code in _SURROGATES else chr(code))
            self._skipped = group.bytes_behind
        elif name in _BITMAPS and self._picture is not None:
            self._picture.is_bitmap = True
        elif name == b"rtf":
            group.is_text = True
        elif name in DESTINATIONS or name == _SHAPE_PICTURE:
            group.destination = name
            group.is_text = DESTINATIONS.get(name) is Destination.TEXT
            if name == b"pict" and not any(outer.destination == _FALLBACK for outer in self._groups):
                self._picture = _Picture()

    def _end(self, group: _OpenGroup) -> None:
        text = "".join(group.text)
        if group.destination == b"sn":
            self._property = text
        elif group.destination == b"sv" and self._picture is not None and is_description(self._property):
            self._picture.description = text
        if group.destination == b"pict" and self._groups[-1].destination != b"pict" and self._picture is not None:
            picture, self._picture = self._picture, None
            if picture.is_bitmap:
                self._count += 1
                self.collector.add_picture(f"picture {self._count}", picture.description, partial(picture.read))

    def _add(self, content: bytes) -> None:
        group = self._groups[-1]
        if group.destination == b"pict":
            if self._picture is not None:
                self._picture.content.append(content)
            return
        skipped = min(self._skipped, len(content))
        self._skipped -= skipped
        self._add_text(content[skipped:].decode(self._codepage, "replace"))

    def _add_text(self, text: str) -> None:
        group = self._groups[-1]
        if group.destination in {b"sn", b"sv"}:
            group.text.append(text)
        elif group.is_text:
            self.collector.add_text(text)
