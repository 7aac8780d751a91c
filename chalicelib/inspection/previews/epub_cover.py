"""The cover of an EPUB book."""

from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.formats import epub_package
from chalicelib.formats.zip_container import ZipContainer
from chalicelib.inspection.images import picture

if TYPE_CHECKING:
    from PIL.Image import Image


def thumbnail_image(source: Path) -> "Image | None":
    """Return the cover that the package document names, or None."""
    with ZipContainer(source) as container:
        cover = epub_package.read_package(container).cover
        if cover is None or cover.name not in container.names:
            return None
        return picture.open_cover(container.read(cover.name))
