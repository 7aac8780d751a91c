"""Tags of HTML and XHTML as they are written, one after the other, with the offsets of their attributes.

Everything is found in one pass, whatever the markup is like: nothing is read twice.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

RAW_TEXT_ELEMENTS = frozenset({b"script", b"style", b"textarea", b"title", b"xmp", b"noembed", b"noframes", b"iframe"})
_RAW_TEXT_END = re.compile(rb"</(script|style|textarea|title|xmp|noembed|noframes|iframe)(?![^\s/>])", re.IGNORECASE)
# What a tag can be: a comment, CDATA, a declaration, an end tag or a start tag.
_OPENING = re.compile(rb"<(?:(!--)|(!\[CDATA\[)|([!?])|(/?)([a-zA-Z][^\s/<>]*))")
_SPACE = re.compile(rb"[\s/]*")
_NAME = re.compile(rb"[^\s/>=<]*")
_EQUALS = re.compile(rb"\s*=\s*")
_UNQUOTED = re.compile(rb"[^\s>]*")


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute: its name in lower case, its value, and where it is written."""

    name: bytes
    value: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A start or end tag: its name in lower case without a namespace prefix, and where it is written."""

    name: bytes
    start: int
    end: int
    is_end: bool = False
    is_self_closing: bool = False
    attributes: tuple[Attribute, ...] = field(default=())


def tags(content: bytes, *, is_xml: bool) -> Iterator[Tag]:
    """Yield the tags in order. Comments are skipped; so are CDATA in XML, and the text of scripts and styles in HTML."""
    at = 0
    while (opening := _OPENING.search(content, at)) is not None:
        comment, cdata, declaration, slash, name = opening.groups()
        if comment:
            at = _behind(content, b"-->", opening.end())
        elif cdata:
            at = _behind(content, b"]]>" if is_xml else b">", opening.end())
        elif declaration:
            at = _behind(content, b"?>" if declaration == b"?" and is_xml else b">", opening.end())
        else:
            tag = _read_tag(content, opening.start(), opening.end(), name, is_end=bool(slash))
            if isinstance(tag, int):
                at = tag
                continue
            yield tag
            at = tag.end
            if not is_xml and not tag.is_end and tag.name in RAW_TEXT_ELEMENTS:
                at = _raw_text_end(content, tag.name, at)


def _behind(content: bytes, mark: bytes, at: int) -> int:
    found = content.find(mark, at)
    return len(content) if found < 0 else found + len(mark)


def _raw_text_end(content: bytes, name: bytes, at: int) -> int:
    """Return where the end tag of an element of raw text begins, or the end of the content."""
    ends = _RAW_TEXT_END.finditer(content, at)
    return next((end.start() for end in ends if end[1].lower() == name), len(content))


def _read_tag(content: bytes, start: int, at: int, name: bytes, *, is_end: bool) -> Tag | int:
    """Read the attributes up to the end of a tag; where the search goes on if it has no end."""
    attributes: list[Attribute] = []
    while True:
        at = _end_of(_SPACE, content, at)
        match content[at : at + 1]:
            case b">":
                local_name = name.rpartition(b":")[2].lower()
                return Tag(local_name, start, at + 1, is_end, content[at - 1 : at] == b"/", tuple(attributes))
            case b"" | b"<":
                return at
            case b"=" | b'"' | b"'":  # out of place: parsers pass over it
                at += 1
                continue
        name_end = _end_of(_NAME, content, at)
        value, end = _read_value(content, name_end)
        attributes.append(Attribute(content[at:name_end].lower(), value, at, end))
        at = end


def _read_value(content: bytes, name_end: int) -> tuple[bytes, int]:
    """Return the value behind an attribute's name, and where it ends; without one, where the name ends."""
    equals = _EQUALS.match(content, name_end)
    if equals is None:
        return b"", name_end
    at = equals.end()
    quote = content[at : at + 1]
    if quote in {b'"', b"'"}:
        closing = content.find(quote, at + 1)
        end = len(content) if closing < 0 else closing
        return content[at + 1 : end], min(end + 1, len(content))
    end = _end_of(_UNQUOTED, content, at)
    return content[at:end], end


def _end_of(pattern: re.Pattern[bytes], content: bytes, at: int) -> int:
    match = pattern.match(content, at)
    assert match is not None  # noqa: S101 - every one of these patterns matches nothing at all as well
    return match.end()
