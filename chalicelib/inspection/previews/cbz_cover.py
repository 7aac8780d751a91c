"""The cover of a comic book: its first page."""

from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.formats import comic_book
from chalicelib.formats.zip_container import ZipContainer
from chalicelib.inspection.images import picture

if TYPE_CHECKING:
    from PIL.Image import Image


def thumbnail_image(source: Path) -> "Image | None":
    """Return the first page, or None if it is too large."""
    with ZipContainer(source) as container:
        names = comic_book.page_names(container.names)
        return picture.open_cover(container.read(names[0])) if names else None
