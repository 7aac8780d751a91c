"""Recognised pages in place of those that the document itself has no text for."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from chalicelib.extraction.model import Omission
from chalicelib.extraction.pdf.layout import DocumentLayout, Page
from chalicelib.extraction.recognition import layout, model

_ENTRY = struct.Struct("<II")  # index of the page, and how many bytes follow


def write_pages(path: Path, pages: Iterable[tuple[int, bytes]]) -> None:
    """Write encoded pages, by their indexes from 0, as a file for the sandbox."""
    with path.open("wb") as file:
        for index, content in pages:
            file.write(_ENTRY.pack(index, len(content)) + content)


def read_pages(path: Path) -> Iterator[tuple[int, model.RecognizedPage]]:
    """Yield the pages that `write_pages` wrote."""
    with path.open("rb") as file:
        while entry := file.read(_ENTRY.size):
            index, size = _ENTRY.unpack(entry)
            yield index, model.decode(file.read(size))


def insert_pages(document: DocumentLayout, path: Path, limit: int) -> tuple[DocumentLayout, list[Omission]]:
    """Replace pages with recognised ones, and return what the recognition is not sure of, too.

    Pages are replaced until the document has `limit` characters.
    """
    pages: list[Page] = list(document.pages)
    omissions: list[Omission] = []
    limit -= sum(len(line.text) for page in pages for line in page.lines)
    for index, recognized in read_pages(path):
        if index < len(pages) and limit > 0:
            pages[index] = layout.to_page(recognized)
            omissions += layout.omissions(recognized, index + 1)
            limit -= sum(len(line.text) for line in pages[index].lines)
    return replace(document, pages=pages, is_truncated=document.is_truncated or limit <= 0), omissions
