"""XML of strangers: through defusedxml, without a document type's entities, one element at a time."""

import io
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from chalicelib.inspection.model import RejectedError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_DEPTH = 256  # of elements; a table in a table in a list in a book has 40


def start_elements(content: bytes, *, doctype: bool = False) -> Iterator["Element"]:
    """The elements of a document as they begin: names and attributes, no text. They are not kept.

    `doctype` allows a document type, as XHTML has; entities are refused always. Raises RefusedError.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    depth = 0
    try:
        for event, element in iterparse(io.BytesIO(content), ("start", "end"), forbid_dtd=not doctype):
            depth += 1 if event == "start" else -1
            if depth > MAX_DEPTH:
                raise _too_deep()
            if event == "start":
                yield element
            else:
                element.clear()
    except DefusedXmlException:
        raise _defines_entities() from None
    except ParseError:
        raise _no_xml() from None


def visit_elements(content: bytes, names: Collection[str], seen: Callable[[str, Mapping[str, str], str], None]) -> None:
    """Call `seen` with name (local), attributes and text of every element of these local names, as they end.

    Expat alone, without objects for what nobody asked for: 64 MB take 1 s, which would be 4 s as elements. No document type is
    allowed. Raises RefusedError.
    """
    from xml.parsers import expat

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    depth, inside = 0, list[tuple[str, Mapping[str, str], list[str]]]()

    def start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        kind = local_name(name)
        if kind in names:
            inside.append((kind, attributes, []))
            parser.CharacterDataHandler = text

    def text(piece: str) -> None:
        inside[-1][2].append(piece)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        if local_name(name) in names:
            kind, attributes, pieces = inside.pop()
            if not inside:
                parser.CharacterDataHandler = None
            seen(kind, attributes, "".join(pieces))

    def refuse(*_: object) -> None:
        raise _defines_entities()

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError:
        raise _no_xml() from None


def local_name(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


def _too_deep() -> RejectedError:
    return RejectedError("bomb", "The document nests without end. Save it again and upload that.")


def _defines_entities() -> RejectedError:
    return RejectedError(
        "bomb", "The document defines entities, which can grow without end. Save it again and upload that."
    )


def _no_xml() -> RejectedError:
    return RejectedError("malformed", "A part of the document is no valid XML. Save it again and upload that.")
