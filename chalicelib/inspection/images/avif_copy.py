"""The view copy of an AVIF picture: a WebP, which keeps transparency, with nothing but the pixels."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from chalicelib.inspection.images import picture, picture_copy
from chalicelib.platform import sandbox

if TYPE_CHECKING:
    from PIL.Image import Image


def write_view_copy(source: Path, target: Path) -> None:
    """Write the picture, or the first frame of an animation, to `target`: upright and in sRGB.

    Raises what the decoder raises.
    """
    sandbox.step("decoding the picture")
    with source.open("rb") as file, _open(file) as original:
        pixels = picture_copy.to_upright_srgb(picture_copy.fit_in_memory(original))
    sandbox.step("encoding the copy")
    out = io.BytesIO()
    picture_copy.write_still(pixels, "image/webp", out)
    target.write_bytes(out.getbuffer())


def read_size(source: Path) -> tuple[int, int]:
    """Return width and height of the picture as it is seen. Raises what the decoder raises."""
    with source.open("rb") as file, _open(file) as original:
        return picture.oriented_size(original.size, picture.read_orientation(original))


def _open(file: BinaryIO) -> "Image":
    import PIL.Image

    PIL.Image.MAX_IMAGE_PIXELS = None  # our own limit was already checked, against the size that the file declares
    return PIL.Image.open(file, formats=["AVIF"])
