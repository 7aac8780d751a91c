"""Metadata of a document in Rich Text Format (RTF 1.9.1): title and author of its information group."""

from collections.abc import Iterator
from pathlib import Path

from chalicelib.formats import rtf
from chalicelib.formats.rtf import RtfToken, TokenKind
from chalicelib.metadata.model import MetadataDraft

MAX_HEAD_BYTES = 4 * 1024 * 1024  # before the text: fonts, colours and styles, then the information group
_FIELDS = {b"title", b"author"}
_MIN_SURROGATE, _SURROGATES_END = 0xD800, 0xE000


def read(path: Path) -> MetadataDraft:
    """Return what the information group says. Raises FormatError."""
    with path.open("rb") as file:
        head = file.read(MAX_HEAD_BYTES)
    fields = _read_information(rtf.tokens(head))
    return MetadataDraft(titles=fields.get(b"title", []), creators=[fields.get(b"author", [])])


def _read_information(tokens: Iterator[RtfToken]) -> dict[bytes, list[str]]:
    """Return the texts of the fields in the information group, which stands before the document's text."""
    fields: dict[bytes, list[str]] = {}
    codec, skipped_characters = "cp1252", 1
    groups: list[bytes] = []  # the first control word of each open group
    for token in tokens:
        match token.kind:
            case TokenKind.GROUP_START:
                groups.append(b"")
            case TokenKind.GROUP_END:
                if groups.pop() == b"info":
                    break
            case TokenKind.WORD if token.value == b"ansicpg":
                codec = rtf.codepage(token.parameter)
            case TokenKind.WORD if token.value == b"uc":
                skipped_characters = token.parameter if token.parameter is not None else 1
            case TokenKind.WORD if groups and not groups[-1]:
                groups[-1] = token.value
                if groups[-2:-1] == [b"info"] and token.value in _FIELDS:
                    fields[token.value] = [_read_text(tokens, codec, skipped_characters)]
                    groups.pop()
    return fields


def _read_text(tokens: Iterator[RtfToken], codec: str, skipped_characters: int) -> str:
    """Read the text of a group up to its end. Behind each Unicode character, others stand for it in old programs."""
    content, texts = bytearray(), list[str]()
    units: list[int] = []  # of UTF-16
    depth, skipped = 1, 0

    def flush() -> None:
        texts.append(content.decode(codec, "replace"))
        content.clear()
        texts.append(b"".join(unit.to_bytes(2, "little") for unit in units).decode("utf-16-le", "replace"))
        units.clear()

    for token in tokens:
        if token.kind is TokenKind.GROUP_START:
            depth += 1
        elif token.kind is TokenKind.GROUP_END:
            depth -= 1
            if not depth:
                break
        elif token.kind is TokenKind.WORD and token.value == b"uc":
            skipped_characters = token.parameter if token.parameter is not None else 1
        elif token.kind is TokenKind.WORD and token.value == b"u" and token.parameter is not None:
            unit = token.parameter % 0x10000
            if content or not _MIN_SURROGATE <= unit < _SURROGATES_END:
                flush()
            units.append(unit)
            skipped = skipped_characters
        elif token.kind in {TokenKind.TEXT, TokenKind.BYTE}:
            added = token.value if token.kind is TokenKind.TEXT else bytes((token.parameter or 0,))
            if units and len(added) > skipped:
                flush()
            content += added[skipped:]
            skipped = max(0, skipped - len(added))
    flush()
    return "".join(texts)
