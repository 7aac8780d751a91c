"""Active content of markup: scripts, event handlers, script addresses, frames and objects; found, and taken out.

It is found in tags, not in words: a picture's description may say "on = 3", and a text may quote a script.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.formats.markup_tags import Attribute, Tag, tags
from chalicelib.inspection.documents import unsafe_links

SCRIPTS, FRAMES, UNSAFE_LINKS = "javascript", "frames", "unsafe_links"  # keys of `active_content.KINDS`

_FRAMES = frozenset({b"iframe", b"frame", b"object", b"embed", b"applet", b"portal"})
_HANDLER = re.compile(rb"on[a-z]+")
_LINKS = frozenset({b"a", b"area"})
_ADDRESSES = frozenset(
    {b"href", b"src", b"action", b"formaction", b"data", b"poster", b"to", b"from", b"by", b"values"}
)
_SCRIPT_ADDRESS = re.compile(r"(?:javascript|vbscript|livescript|data:text/html)", re.IGNORECASE)
_INVISIBLE = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\ufeff]+")  # parsers of addresses pass over these
_SCRIPT_END = re.compile(rb"</(?:[\w.-]{1,100}:)?script\s*>", re.IGNORECASE)
_PICTURE = re.compile(r"[^:]*\.(?:svg|png|jpe?g|gif|webp)(?:[?#].*)?", re.IGNORECASE)  # of the same book


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """A piece of active markup, and what replaces it."""

    kind: str
    start: int
    end: int
    replacement: bytes = b""


def find_kinds(content: bytes, *, is_xml: bool) -> set[str]:
    """Return the kinds of active content."""
    return {occurrence.kind for occurrence in _occurrences(content, is_xml=is_xml)}


def defines_markup(content: bytes) -> bool:
    """Return whether an entity of an XML text stands for elements: a parser would put them where no tag is written."""
    for declaration in content.split(b"<!ENTITY")[1:]:
        start = min((at for at in (declaration.find(b'"'), declaration.find(b"'")) if at >= 0), default=-1)
        end = declaration.find(declaration[start : start + 1], start + 1) if start >= 0 else -1
        value = declaration[start + 1 : end].decode("utf-8", "replace") if end >= 0 else "<"
        for _ in range(3):  # "&#38;#60;" is "&#60;" is "<"
            value = html.unescape(value)
        if "<" in value:
            return True
    return False


def remove_active_content(content: bytes, *, is_xml: bool) -> bytes:
    """Return the markup without active content; all other bytes are as they were."""
    kept: list[bytes] = []
    at = 0
    for occurrence in _occurrences(content, is_xml=is_xml):
        if occurrence.start >= at:  # not inside of what was just taken out
            kept += [content[at : occurrence.start], occurrence.replacement]
        at = max(at, occurrence.end)
    return b"".join([*kept, content[at:]])


def _occurrences(content: bytes, *, is_xml: bool) -> Iterator[_Occurrence]:
    open_objects: list[bool] = []  # of those that are open, whether their tags stay
    for tag in tags(content, is_xml=is_xml):
        if tag.name == b"script":
            yield _Occurrence(SCRIPTS, tag.start, tag.end if tag.is_end else _script_end(content, tag, is_xml=is_xml))
            continue
        if tag.name in _FRAMES:
            stays = (open_objects.pop() if open_objects else False) if tag.is_end else _shows_picture(tag)
            if not tag.is_end and not tag.is_self_closing and tag.name != b"embed":
                open_objects.append(stays)
            if not stays:
                yield _Occurrence(FRAMES, tag.start, tag.end)
                continue
        for attribute in tag.attributes:
            name = attribute.name.rpartition(b":")[2]
            if _HANDLER.fullmatch(name) or name == b"srcdoc":
                yield _Occurrence(SCRIPTS, attribute.start, attribute.end)
            elif name in _ADDRESSES and _is_script_address(attribute):
                yield _Occurrence(SCRIPTS, attribute.start, attribute.end, attribute.name + b'="#"')
            elif name == b"href" and tag.name in _LINKS and _is_unsafe_link(attribute):
                yield _Occurrence(UNSAFE_LINKS, attribute.start, attribute.end, attribute.name + b'="#"')


def _script_end(content: bytes, tag: Tag, *, is_xml: bool) -> int:
    if is_xml and tag.is_self_closing:
        return tag.end
    end = _SCRIPT_END.search(content, tag.end)
    return end.end() if end else len(content)


def _shows_picture(tag: Tag) -> bool:
    """Return whether a frame or object shows nothing but a picture of the same book."""
    addresses = [attribute.value for attribute in tag.attributes if attribute.name in {b"data", b"src"}]
    return len(addresses) == 1 and _PICTURE.fullmatch(addresses[0].decode("utf-8", "replace").strip()) is not None


def is_script_address(value: str) -> bool:
    """Return whether an address runs a script where it is followed."""
    return _SCRIPT_ADDRESS.match(_INVISIBLE.sub("", value)) is not None


def _is_unsafe_link(attribute: Attribute) -> bool:
    address = html.unescape(attribute.value.decode("utf-8", "replace")).strip()
    # "//example.org" is on the web where a page is, and saved pages have such links.
    return not address.startswith("//") and unsafe_links.is_unsafe(address.encode("latin-1", "replace"))


def _is_script_address(attribute: Attribute) -> bool:
    return is_script_address(html.unescape(attribute.value.decode("utf-8", "replace")))
