"""The view copy of a HEIC picture: a JPEG, which every browser shows and which holds nothing but the pixels."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.inspection.images import picture, picture_copy
from chalicelib.platform import sandbox

if TYPE_CHECKING:
    from PIL.Image import Image


def write_view_copy(source: Path, target: Path) -> None:
    """Write the file's main picture to `target` as it was held, in sRGB, at 8 bits a colour and on white where it lets
    through. Raises what the decoder raises.
    """
    sandbox.step("decoding the picture")
    pixels = _on_white(picture_copy.to_upright_srgb(_decoded(source)))
    sandbox.step("writing it anew")
    out = io.BytesIO()
    picture_copy.write_still(pixels, "image/jpeg", out)
    target.write_bytes(out.getbuffer())


def read_size(source: Path) -> tuple[int, int]:
    """Width and height of the main picture as it is seen. Raises what the decoder raises."""
    width, height = _main_picture(source).size
    return width, height


def _main_picture(source: Path) -> Any:
    """Opened, not decoded; the decoder turns and crops it as the file says."""
    import pi_heif  # type: ignore[import-untyped]

    pi_heif.options.DECODE_THREADS = 1  # each would take memory of its own
    pi_heif.options.THUMBNAILS = pi_heif.options.DEPTH_IMAGES = pi_heif.options.AUX_IMAGES = False
    file = pi_heif.open_heif(source, convert_hdr_to_8bit=True)
    return file[file.primary_index]


def _decoded(source: Path) -> "Image":
    """The main picture, at half its width and height above `picture.MAX_SHOWN_PIXELS`."""
    from PIL.Image import frombytes

    found = _main_picture(source)
    width, height = found.size
    data, stride = found.data, found.stride

    def rows(top: int, bottom: int) -> "Image":
        strip = data[top * stride : bottom * stride]
        return frombytes(
            found.mode, (width, bottom - top), strip, "raw", found.mode, stride
        )  # a copy: the decoder frees its own

    large = width * height > picture.MAX_VIEW_PIXELS
    pixels = picture_copy.half_size((width, height), rows) if large else rows(0, height)
    pixels.info = {"icc_profile": found.info.get("icc_profile")}
    return pixels


def _on_white(pixels: "Image") -> "Image":
    from PIL import Image

    if pixels.mode not in {"RGBA", "LA"}:
        return pixels
    ground = Image.new("RGB", pixels.size, "white")
    ground.paste(pixels.convert("RGB"), mask=pixels.getchannel("A"))
    return ground
