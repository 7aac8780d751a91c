"""XML of strangers: through defusedxml, without a document type's entities, one element at a time."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from chalicelib.inspection.model import RefusedError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_DEPTH = 256  # of elements; a table in a table in a list in a book has 40


def elements(content: bytes, *, doctype: bool = False) -> Iterator["Element"]:
    """The elements of a document as they begin: names and attributes, no text. They are not kept.

    `doctype` allows a document type, as XHTML has; entities are refused always. Raises RefusedError.
    """
    for event, element in _events(content, ("start",), doctype=doctype):
        del event
        yield element


def finished(content: bytes) -> Iterator["Element"]:
    """The elements of a document as they end, with their own text. They are emptied afterwards."""
    for _, element in _events(content, ("end",), doctype=False):
        yield element


def local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


def _events(content: bytes, which: tuple[str, ...], *, doctype: bool) -> Iterator[tuple[str, "Element"]]:
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    depth = 0
    try:
        for event, element in iterparse(io.BytesIO(content), ("start", "end"), forbid_dtd=not doctype):
            depth += 1 if event == "start" else -1
            if depth > MAX_DEPTH:
                raise RefusedError("bomb", "The document nests without end. Save it again and upload that.")
            if event in which:
                yield event, element
            if event == "end":
                element.clear()
    except DefusedXmlException:
        raise RefusedError(
            "bomb", "The document defines entities, which can grow without end. Save it again and upload that."
        ) from None
    except ParseError:
        raise RefusedError(
            "malformed", "A part of the document is no valid XML. Save it again and upload that."
        ) from None
