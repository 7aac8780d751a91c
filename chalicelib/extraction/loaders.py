"""Loaders of the format modules. Each import is lazy, so that a process loads only the parsers that it runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from chalicelib.extraction.blocks import BlockBuilder
    from chalicelib.extraction.pdf.layout import DocumentLayout


class FormatModule(Protocol):
    """A module that extracts text from files of one format."""

    def extract(self, path: Path, limit: int) -> "DocumentLayout | BlockBuilder":
        """Return about `limit` characters at most.

        Formats that only place lines on pages return a DocumentLayout; formats that mark up paragraphs and headings
        return a BlockBuilder. Raises ExtractionError or FormatError.
        """
        ...


def pdf() -> FormatModule:
    from chalicelib.extraction.pdf import pdf as module

    return module


def epub() -> FormatModule:
    from chalicelib.extraction import epub as module

    return module


def docx() -> FormatModule:
    from chalicelib.extraction import docx as module

    return module


def fb2() -> FormatModule:
    from chalicelib.extraction import fb2 as module

    return module


def odt() -> FormatModule:
    from chalicelib.extraction.odt import odt as module

    return module


def rtf() -> FormatModule:
    from chalicelib.extraction.rtf import rtf as module

    return module


def html() -> FormatModule:
    from chalicelib.extraction import html as module

    return module


def markdown() -> FormatModule:
    from chalicelib.extraction import markdown as module

    return module


def text() -> FormatModule:
    from chalicelib.extraction import text as module

    return module
