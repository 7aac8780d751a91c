"""Descriptions of pictures in tagged PDFs (ISO 32000-1, 14.9.3), placed among the printed lines."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.extraction import picture_names
from chalicelib.extraction.cleanup import clean_line
from chalicelib.extraction.model import BlockKind
from chalicelib.extraction.pdf.layout import Line

MAX_ELEMENTS = 5_000  # of the structure of one page, which has one for each paragraph
MAX_DEPTH = 40
MAX_DESCRIPTION_BYTES = 20_000  # in UTF-16
SIZE = 10.0  # points: descriptions are not printed


@dataclass(frozen=True, slots=True)
class Picture:
    """Picture on a page: the number of its marked content, and where it is."""

    content_id: int
    left: float
    right: float
    top: float


def read(page: Any, pictures: list[Picture]) -> list[Line]:
    """Return a line for each described picture, at the top of the picture."""
    from pypdfium2 import raw

    by_content_id = {picture.content_id: picture for picture in pictures if picture.content_id >= 0}
    if not by_content_id:
        return []
    tree = raw.FPDF_StructTree_GetForPage(page.raw)
    if not tree:
        return []
    try:
        return [
            Line(text, picture.left, picture.right, picture.top, SIZE, is_standalone=True, kind=BlockKind.FIGURE)
            for element in _elements(tree)
            if (picture := by_content_id.get(_content_id(element))) and (text := _description(element))
        ]
    finally:
        raw.FPDF_StructTree_Close(tree)


def _elements(tree: Any) -> Iterator[Any]:
    """Yield the elements of a page in order, without those too deep or too many."""
    from pypdfium2 import raw

    roots = raw.FPDF_StructTree_CountChildren(tree)
    stack = [
        (raw.FPDF_StructTree_GetChildAtIndex(tree, index), 1) for index in reversed(range(min(roots, MAX_ELEMENTS)))
    ]
    seen = 0
    while stack and seen < MAX_ELEMENTS:
        element, depth = stack.pop()
        if not element:
            continue
        seen += 1
        yield element
        if depth < MAX_DEPTH:
            count = min(raw.FPDF_StructElement_CountChildren(element), MAX_ELEMENTS)
            stack += [
                (raw.FPDF_StructElement_GetChildAtIndex(element, index), depth + 1) for index in reversed(range(count))
            ]


def _content_id(element: Any) -> int:
    from pypdfium2 import raw

    own = int(raw.FPDF_StructElement_GetMarkedContentID(element))
    return own if own >= 0 else int(raw.FPDF_StructElement_GetChildMarkedContentID(element, 0))


def _description(element: Any) -> str:
    from pypdfium2 import raw

    size = raw.FPDF_StructElement_GetAltText(element, None, 0)
    if not 2 < size <= MAX_DESCRIPTION_BYTES:
        return ""
    buffer = ctypes.create_string_buffer(size)
    raw.FPDF_StructElement_GetAltText(element, buffer, size)
    text = clean_line(buffer.raw[: size - 2].decode("utf-16-le", "replace"))
    return "" if picture_names.is_name(text) else text
