"""The view copy of a HEIC picture: a JPEG, which every browser shows, with nothing but the pixels."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.inspection.images import picture, picture_copy
from chalicelib.platform import sandbox

if TYPE_CHECKING:
    from PIL.Image import Image


def write_view_copy(source: Path, target: Path) -> None:
    """Write the main picture to `target`: upright, in sRGB, 8 bits a colour, and on white where it is transparent.

    Raises what the decoder raises.
    """
    sandbox.step("decoding the picture")
    pixels = _on_white(picture_copy.to_upright_srgb(_decoded(source)))
    sandbox.step("encoding the copy")
    out = io.BytesIO()
    picture_copy.write_still(pixels, "image/jpeg", out)
    target.write_bytes(out.getbuffer())


def read_size(source: Path) -> tuple[int, int]:
    """Return width and height of the main picture as it is seen. Raises what the decoder raises."""
    width, height = _main_picture(source).size
    return width, height


def _main_picture(source: Path) -> Any:
    """Open the main picture without decoding it. The decoder will turn and crop it as the file says."""
    import pi_heif  # type: ignore[import-untyped]

    pi_heif.options.DECODE_THREADS = 1  # each thread would take memory of its own
    pi_heif.options.THUMBNAILS = pi_heif.options.DEPTH_IMAGES = pi_heif.options.AUX_IMAGES = False
    file = pi_heif.open_heif(source.read_bytes(), convert_hdr_to_8bit=True)
    return file[file.primary_index]


def _decoded(source: Path) -> "Image":
    """Decode the main picture, at half its width and height above `picture.MAX_VIEW_PIXELS`."""
    from PIL.Image import frombytes

    original = _main_picture(source)
    width, height = original.size
    data, stride = original.data, original.stride

    def rows(top: int, bottom: int) -> "Image":
        strip = data[top * stride : bottom * stride]
        # This copies the pixels: the decoder frees its own.
        return frombytes(original.mode, (width, bottom - top), strip, "raw", original.mode, stride)

    is_large = width * height > picture.MAX_VIEW_PIXELS
    pixels = picture_copy.half_size((width, height), rows) if is_large else rows(0, height)
    pixels.info = {"icc_profile": original.info.get("icc_profile")}
    return pixels


def _on_white(pixels: "Image") -> "Image":
    from PIL import Image

    if pixels.mode not in {"RGBA", "LA"}:
        return pixels
    background = Image.new("RGB", pixels.size, "white")
    background.paste(pixels.convert("RGB"), mask=pixels.getchannel("A"))
    return background
