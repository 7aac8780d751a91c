"""Metadata of a Kindle book (MOBI, AZW3): the records of its header (EXTH)."""

from pathlib import Path

from chalicelib.formats.kindle import database, header
from chalicelib.metadata import epub
from chalicelib.metadata.model import MetadataDraft

_ZIP = b"PK\x03\x04"


def read(path: Path) -> MetadataDraft:
    """Return what the header of the newest version says, or the package document of a copy as EPUB. Raises FormatError."""
    with path.open("rb") as file:
        is_copy = file.read(len(_ZIP)) == _ZIP
    if is_copy:
        return epub.read(path)
    book = header.read_header(database.read(path))
    authors = [value.decode(book.encoding, "replace") for value in book.metadata.get(header.AUTHOR, ())]
    return MetadataDraft(
        titles=[book.text(header.TITLE), book.title],
        creators=[authors],
        languages=[book.text(header.LANGUAGE)],
        publishers=[book.text(header.PUBLISHER)],
        dates=[book.text(header.PUBLISHED)],
    )
