"""The view copy of an AVIF picture: a WebP, which keeps what lets through and holds nothing but the pixels."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.inspection.images import picture, picture_copy
from chalicelib.platform import sandbox

if TYPE_CHECKING:
    from PIL.Image import Image


def write_view(source: Path, target: Path) -> None:
    """Write the picture, of an animation the first, to `target` as it was held and in sRGB. Raises what the decoder raises."""
    sandbox.step("decoding the picture")
    with _opened(source) as original:
        pixels = picture_copy.upright(picture_copy.bearable(original))
    sandbox.step("writing it anew")
    out = io.BytesIO()
    picture_copy.write_still(pixels, "image/webp", out)
    target.write_bytes(out.getbuffer())


def size_of(source: Path) -> tuple[int, int]:
    """Width and height of the picture as it is seen. Raises what the decoder raises."""
    with _opened(source) as original:
        return picture.turned(original.size, original.getexif().get(picture.ORIENTATION, 1))


def _opened(source: Path) -> "Image":
    import PIL.Image

    PIL.Image.MAX_IMAGE_PIXELS = None  # our own limit has been held against what the file says
    return PIL.Image.open(source, formats=["AVIF"])
