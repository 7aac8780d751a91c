"""The first page of a PDF as an image."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_SIDE_PIXELS = 1_024  # twice a thumbnail's, so that thin lines survive scaling down


def thumbnail_image(source: Path) -> "Image | None":
    """Draw the first page, without forms and annotations."""
    import pypdfium2
    from PIL.Image import Image

    document = pypdfium2.PdfDocument(source.read_bytes())
    page = document[0]
    longest_side = max(page.get_size())
    if longest_side <= 0:
        return None
    scale = MAX_SIDE_PIXELS / longest_side
    image = page.render(scale=scale, may_draw_forms=False, draw_annots=False).to_pil()
    return image if isinstance(image, Image) else None
