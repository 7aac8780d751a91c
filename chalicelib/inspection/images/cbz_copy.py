"""The copy of a comic book: its pages alone, without metadata and in reading order, not compressed a second time.

Because pages are stored, a reader can fetch each by its own range of bytes.
"""

import io
import posixpath
import zipfile
from pathlib import Path

from chalicelib.formats import comic_book
from chalicelib.formats.zip_container import ZipContainer, write_entry
from chalicelib.inspection.active_content import ActiveContentRemainsError
from chalicelib.inspection.images import cbz, picture, picture_parts
from chalicelib.platform import sandbox

_ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif"}


def write_view_copy(source: Path, target: Path) -> None:
    """Write the pages, numbered from 1, and what programs know about the comic.

    Each page is walked again. Raises ActiveContentRemainsError, and what the decoder raises.
    """
    sandbox.step("writing the copy")
    copy = io.BytesIO()
    with ZipContainer(source) as container, zipfile.ZipFile(copy, "w") as archive:
        for number, page in enumerate(cbz.pages(container), 1):
            content = picture_parts.without_metadata(page.content, page.media_type, page.orientation)
            if picture.count_trailing_bytes(content, page.media_type):
                raise ActiveContentRemainsError(posixpath.basename(page.name))
            write_entry(archive, f"{number:05}{_ENDINGS[page.media_type]}", content, stored=True)
        info = cbz.read_info(container)
        if info is not None:
            write_entry(archive, comic_book.INFO_NAME, info)
    target.write_bytes(copy.getbuffer())
