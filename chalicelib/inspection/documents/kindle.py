"""Kindle books (MOBI, AZW3). Active content is found here; the copy that `kindle_copy` writes as an EPUB has none."""

from pathlib import Path

from chalicelib.formats import markup_depth
from chalicelib.formats.kindle import book
from chalicelib.formats.kindle.book import KindleBook
from chalicelib.inspection import patterns
from chalicelib.inspection.active_content import KINDS
from chalicelib.inspection.documents import markup, markup_actions
from chalicelib.inspection.model import Findings, InspectionWarning, RejectedError
from chalicelib.platform import sandbox

_REMOTE_RESOURCES = InspectionWarning(
    "remote_resources", "Some pictures of the book are on other servers. They are not fetched."
)


def examine(path: Path, media_type: str) -> Findings:
    """Check that the file is a whole book without copy protection, and find its active content."""
    del media_type
    sandbox.step("unpacking its text")
    kindle_book = book.read_book(path)
    sandbox.step("examining its parts")
    found, has_remote_content = find_active_content(kindle_book)
    return Findings(
        active_content=tuple(kind for kind in KINDS if kind in found),
        warnings=(_REMOTE_RESOURCES,) if has_remote_content else (),
    )


def find_active_content(kindle_book: KindleBook) -> tuple[set[str], bool]:
    """Return the kinds of active content, and whether readers would fetch something. Raises RejectedError."""
    if not any(part.strip() for part in kindle_book.parts):
        raise RejectedError(
            "malformed", "The book is damaged: it has no text. Convert it again (Calibre can) and upload that."
        )
    found, has_remote_content = set[str](), False
    if kindle_book.has_sources:
        found.add("attachments")
    scan_text = patterns.member_scanner()
    for part in kindle_book.parts:
        content = part.encode()
        if markup_depth.is_too_complex(content, is_xhtml=False):
            raise RejectedError("bomb", f"A text of the book {markup_depth.EXCESS}. Convert it again and upload that.")
        scan_text(content)
        found |= markup_actions.find_kinds(content, is_xml=False)
        has_remote_content |= markup.fetches_remote_content(content)
    scan_picture = patterns.member_scanner("media")
    for picture in kindle_book.pictures.values():
        scan_picture(picture)
    return found, has_remote_content
