"""Untrusted XML, one element at a time: no entities, a bounded depth, and no document type unless it is allowed."""

import io
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from chalicelib.formats.errors import FormatError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_DEPTH = 256  # of elements; a table in a table in a list in a book has 40
_CHUNK_BYTES = 64 * 1024


class EventKind(Enum):
    START = auto()
    TEXT = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class XmlEvent:
    """Start or end of the element `value`, whose name has its namespace before a "}"; or a piece of text."""

    kind: EventKind
    value: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def local_name(self) -> str:
        """The element's name without its namespace."""
        return local_name(self.value)

    def attribute(self, name: str) -> str:
        """Return an attribute in whatever namespace, or an empty string."""
        return next((value for key, value in self.attributes.items() if local_name(key) == name), "")


def events(content: bytes, *, doctype: bool = False) -> Iterator[tuple[bool, "Element"]]:
    """Yield each element at its start (True) and its end (False). After its end it is emptied.

    At its start, an element has its attributes but no text. `doctype` allows a document type, as XHTML has.
    Raises FormatError.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    depth = 0
    try:
        for event, element in iterparse(io.BytesIO(content), ("start", "end"), forbid_dtd=not doctype):
            is_start = event == "start"
            depth += 1 if is_start else -1
            if depth > MAX_DEPTH:
                raise _too_deep()
            yield is_start, element
            if not is_start:
                element.clear()
    except DefusedXmlException:
        raise _defines_entities() from None
    except (ParseError, LookupError, ValueError):  # the last two: an unknown encoding
        raise _not_xml() from None


def start_elements(content: bytes, *, doctype: bool = False) -> Iterator["Element"]:
    """Yield each element at its start. Raises FormatError."""
    return (element for is_start, element in events(content, doctype=doctype) if is_start)


def visit_elements(
    content: bytes, names: Collection[str], on_element: Callable[[str, Mapping[str, str], str], None]
) -> None:
    """Call `on_element` for each element with one of these names: local name, attributes, text.

    Uses expat without building elements: 64 MB take 1 s instead of 4 s. No document type is allowed.
    Raises FormatError.
    """
    from xml.parsers import expat

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    depth, open_elements = 0, list[tuple[str, Mapping[str, str], list[str]]]()

    def start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        local = local_name(name)
        if local in names:
            open_elements.append((local, attributes, []))
            parser.CharacterDataHandler = text

    def text(fragment: str) -> None:
        open_elements[-1][2].append(fragment)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        if local_name(name) in names:
            local, attributes, fragments = open_elements.pop()
            if not open_elements:
                parser.CharacterDataHandler = None
            on_element(local, attributes, "".join(fragments))

    def reject(*_: object) -> None:
        raise _defines_entities()

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = reject
    try:
        parser.Parse(content, True)
    except expat.ExpatError:
        raise _not_xml() from None


def mixed_events(content: bytes, *, doctype: bool = False) -> Iterator[XmlEvent]:
    """Yield starts, text and ends in the order of the document, for elements that mix text with other elements.

    Nothing is built: memory does not grow with the document. `doctype` allows a document type. Raises FormatError.
    """
    from xml.parsers import expat

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    queue: list[XmlEvent] = []
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        queue.append(XmlEvent(EventKind.START, name, attributes))

    def text(fragment: str) -> None:
        queue.append(XmlEvent(EventKind.TEXT, fragment))

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        queue.append(XmlEvent(EventKind.END, name))

    def reject(*_: object) -> None:
        raise _defines_entities()

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.EntityDeclHandler = reject
    if not doctype:
        parser.StartDoctypeDeclHandler = reject
    for at in range(0, max(len(content), 1), _CHUNK_BYTES):
        try:
            parser.Parse(content[at : at + _CHUNK_BYTES], at + _CHUNK_BYTES >= len(content))
        except (expat.ExpatError, LookupError, ValueError):  # the last two: an unknown encoding
            raise _not_xml() from None
        yield from queue
        queue.clear()


def local_name(name: str) -> str:
    """Return a name without its namespace."""
    return name.rpartition("}")[2]


def attribute(element: "Element", name: str) -> str:
    """Return an attribute in whatever namespace, or an empty string."""
    return next((value for key, value in element.attrib.items() if local_name(key) == name), "")


def _too_deep() -> FormatError:
    return FormatError(
        "bomb", f"The document nests more than {MAX_DEPTH} elements in each other. Save it again and upload that."
    )


def _defines_entities() -> FormatError:
    return FormatError(
        "bomb", "The document defines entities, which can expand without limit. Save it again and upload that."
    )


def _not_xml() -> FormatError:
    return FormatError("malformed", "A part of the document is not valid XML. Save it again and upload that.")
