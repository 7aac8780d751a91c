"""The first page of an OpenDocument text, as the program that wrote it has drawn it."""

from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.formats import opendocument
from chalicelib.formats.zip_container import ZipContainer
from chalicelib.inspection.images import picture

if TYPE_CHECKING:
    from PIL.Image import Image


def thumbnail_image(source: Path) -> "Image | None":
    """Return the picture that the document has of itself, or None."""
    with ZipContainer(source) as container:
        if opendocument.THUMBNAIL not in container.names:
            return None
        content = container.read(opendocument.THUMBNAIL)
        return picture.open_cover(content) if content else None
