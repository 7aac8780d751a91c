"""RTF documents. Active content is found here and left out of the copy that `rtf_copy` writes."""

from dataclasses import dataclass, field
from pathlib import Path

from chalicelib.formats import rtf
from chalicelib.formats.rtf import RtfToken, TokenKind
from chalicelib.inspection import patterns
from chalicelib.inspection.active_content import KINDS
from chalicelib.inspection.documents import rtf_actions
from chalicelib.inspection.model import Findings
from chalicelib.platform import sandbox

_PADDING = b"\x00 \t\r\n\x1a"  # behind the end; programs fill up their blocks
_COLLECTED = frozenset({rtf_actions.TEMPLATE, rtf_actions.FIELD_CODE, rtf_actions.PICTURE})


def examine(path: Path, media_type: str) -> Findings:
    """Check that the file is a whole document, and find its active content."""
    del media_type
    sandbox.step("examining its groups")
    found = find_active_content(path.read_bytes())
    return Findings(active_content=tuple(kind for kind in KINDS if kind in found))


@dataclass(slots=True)
class _Collected:
    """Content of a group that is looked at; `depth` is that of the group."""

    destination: bytes
    depth: int
    parts: list[bytes] = field(default_factory=list)

    def text(self) -> str:
        return b"".join(self.parts).decode("latin-1")


def find_active_content(content: bytes, *, scans_pictures: bool = True) -> set[str]:
    """Return the kinds of active content. Pictures are searched for known bad patterns, unless there are none.

    Raises RejectedError and FormatError.
    """
    scan = patterns.member_scanner("media") if scans_pictures else None
    found: set[str] = set()
    collected: list[_Collected] = []
    depth = end = 0
    for token in rtf.tokens(content):
        kind, value, parameter = token
        if kind is TokenKind.WORD:
            if (active := rtf_actions.kind_of_word(value)) is not None:
                found.add(active)
            if value in _COLLECTED:
                collected.append(_Collected(value, depth))
            elif collected and value == b"field":  # a field inside of a field's code
                collected[-1].parts.append(b"\n")
            elif collected and (character := text_of(token)):
                collected[-1].parts.append(character)
        elif kind is TokenKind.GROUP_START:
            depth += 1
        elif kind is TokenKind.GROUP_END:
            while collected and collected[-1].depth == depth:
                group = collected.pop()
                if group.destination == rtf_actions.PICTURE:
                    if scan is not None:
                        scan(picture_data(group.parts))
                elif (active := rtf_actions.kind_of_text(group.destination, group.text())) is not None:
                    found.add(active)
            depth -= 1
            end = parameter or 0
        else:
            if kind is TokenKind.BINARY and b"\\obj" in value.lower():  # programs may disagree about its length
                found.add("embedded_objects")
            if collected and (text := text_of(token)):
                collected[-1].parts.append(text)
    if content[end:].strip(_PADDING):
        found.add("trailing_data")
    return found


def text_of(token: RtfToken) -> bytes:
    """Return the text that a token stands for, in Latin-1; nothing for what is not text."""
    kind, value, parameter = token
    if kind is TokenKind.TEXT or kind is TokenKind.BINARY:
        return value
    if kind is TokenKind.BYTE:
        return bytes([parameter or 0])
    if kind is TokenKind.SYMBOL and value in b"\\{}":
        return value
    if kind is TokenKind.WORD and value == b"u" and parameter is not None:
        return chr(parameter & 0xFFFF).encode("latin-1", "replace")
    return b""


def picture_data(parts: list[bytes]) -> bytes:
    """Return the content of a picture: its hexadecimal digits, decoded, or its binary data."""
    digits = b"".join(b"".join(parts).split())
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return b"".join(parts)
