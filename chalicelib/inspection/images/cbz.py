"""Comic books as ZIP archives (CBZ): each page is examined as a picture; all else is left out of the copy of `cbz_copy`."""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chalicelib.formats import comic_book, xml_events
from chalicelib.formats.errors import FormatError
from chalicelib.formats.zip_container import ZipContainer
from chalicelib.inspection import patterns, sniff
from chalicelib.inspection.images import picture
from chalicelib.inspection.model import Findings, InspectionWarning, RejectedError
from chalicelib.platform import sandbox

# Of all pages that are decoded to see if they are whole, JPEGs at an eighth of their sides excepted: 3 s. The others are walked.
MAX_DECODED_PIXELS = 150_000_000
MAX_NAMED_PAGES = 3  # in a note
# Pillow's errors for a damaged picture.
_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, struct.error, zlib.error)
_HARMLESS_ENDINGS = (".xml", ".txt", ".nfo", ".json", ".sfv", ".md5")


@dataclass(frozen=True, slots=True)
class ComicPage:
    """A whole picture of a comic. `trailing_bytes` follow its end."""

    name: str
    media_type: str
    content: bytes
    orientation: int
    trailing_bytes: int


def examine(path: Path, media_type: str) -> Findings:
    """Check that the file is a ZIP archive with pages that can be shown."""
    del media_type
    with ZipContainer(path) as container:
        sandbox.step("examining its pages")
        names = comic_book.page_names(container.names)
        shown, trailing_bytes = set[str](), 0
        for page in pages(container):
            shown.add(page.name)
            trailing_bytes += page.trailing_bytes
        unshown = [name for name in names if name not in shown] + comic_book.unshown_page_names(container.names)
        if not shown:
            raise _no_pages(unshown)
        has_others = any(not is_harmless(container, name) for name in container.file_names if name not in names)
    return Findings(
        page_count=len(shown),
        active_content=("other_files",) if has_others else (),
        warnings=_left_out(unshown),
        trailing_bytes=trailing_bytes,
    )


def pages(container: ZipContainer) -> Iterator[ComicPage]:
    """Yield the pages that can be shown, in reading order. Raises RejectedError for a known bad pattern in one."""
    scan = patterns.member_scanner("media")
    pixels = 0
    for name in comic_book.page_names(container.names):
        content = container.read(name)
        scan(content)
        signature = sniff.identify(content[: sniff.HEAD_BYTES])
        media_type = signature.media_types[0] if signature and signature.media_types else ""
        if media_type not in picture.PILLOW_FORMATS:
            continue
        try:
            trailing_bytes = picture.count_trailing_bytes(content, media_type)
            with picture.open_picture(io.BytesIO(content), media_type) as image:
                orientation = picture.read_orientation(image)
                is_jpeg = media_type == "image/jpeg"
                pixels += 0 if is_jpeg else image.width * image.height
                if is_jpeg or pixels <= MAX_DECODED_PIXELS:
                    picture.decode(image)
        except RejectedError as error:
            if error.rejection.code != "malformed":
                raise
        except _DAMAGE:
            continue
        else:
            yield ComicPage(name, media_type, content, orientation, trailing_bytes)


def is_harmless(container: ZipContainer, name: str) -> bool:
    """Return whether a file that is no page is text, such as what programs know about the comic."""
    if name in comic_book.unshown_page_names([name]):
        return True
    return name.lower().endswith(_HARMLESS_ENDINGS) and b"\0" not in container.read(name)


def read_info(container: ZipContainer) -> bytes | None:
    """Return what programs know about the comic, if it is XML without a document type."""
    if comic_book.INFO_NAME not in container.names:
        return None
    content = container.read(comic_book.INFO_NAME)
    try:
        for _ in xml_events.start_elements(content):
            pass
    except FormatError:
        return None
    return content


def _left_out(names: list[str]) -> tuple[InspectionWarning, ...]:
    if not names:
        return ()
    return (
        InspectionWarning(
            "pages_left_out",
            f"Pages that are damaged, or in a format that browsers do not show, are left out: {_listed(names)}.",
        ),
    )


def _listed(names: list[str]) -> str:
    listed = ", ".join(f"“{name.rsplit('/', 1)[-1][:80]}”" for name in names[:MAX_NAMED_PAGES])
    more = len(names) - MAX_NAMED_PAGES
    return f"{listed} and {more:,} more" if more > 0 else listed


def _no_pages(unshown: list[str]) -> RejectedError:
    problem = f"none of its pages can be shown ({_listed(unshown)})" if unshown else "there are no pictures in it"
    return RejectedError(
        "malformed",
        f"The comic book has no pages: {problem}. Save its pages as JPEG, PNG, WebP or GIF, pack them as a ZIP and upload that.",
    )
