"""The parts of an inspected ZIP container (EPUB, DOCX): unpacked one at a time, in memory, and XML without surprises."""

import errno
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from chalicelib.extraction.model import ExtractionError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_ENTRY_BYTES = 64 * 1024 * 1024  # what inspection lets pass; should it ever not, this still ends it


class ZipContainer:
    """Use as a context manager. Raises UnreadableError where the container is damaged."""

    def __init__(self, path: Path) -> None:
        with _raising_extraction_error("the container"):
            self._zip = zipfile.ZipFile(path)
        self._names = set(self._zip.namelist())

    def __enter__(self) -> "ZipContainer":
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._zip.close()

    def read(self, name: str) -> bytes | None:
        """None when there is no such part, or more than may be unpacked."""
        if name not in self._names or self._zip.getinfo(name).file_size > MAX_ENTRY_BYTES:
            return None
        with _raising_extraction_error("a part of the container"), self._zip.open(name) as file:
            return file.read(MAX_ENTRY_BYTES)


@contextmanager
def _raising_extraction_error(what: str) -> Iterator[None]:
    """What zipfile raises when places and sizes make no sense."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError):
        raise ExtractionError(what) from None
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place before the file's beginning
            raise
        raise ExtractionError(what) from None


def xml_events(content: bytes, *, doctype: bool = False) -> Iterator[tuple[bool, "Element"]]:
    """The elements of an XML document as they begin (True) and end (False); one that has ended is emptied.

    Entities are refused always, document types unless `doctype`. Raises UnreadableError for these, and for what is no XML.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    try:
        for event, element in iterparse(io.BytesIO(content), ("start", "end"), forbid_dtd=not doctype):
            yield event == "start", element
            if event == "end":
                element.clear()
    except (ParseError, DefusedXmlException, LookupError, ValueError):  # the last two: an encoding that nobody knows
        raise ExtractionError("XML") from None


def local_name(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


def attribute(element: "Element", name: str) -> str:
    """An attribute in whatever namespace; empty when there is none."""
    return next((value for key, value in element.attrib.items() if local_name(key) == name), "")
