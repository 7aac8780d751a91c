"""A picture as a PDF of one page, so that it is recognised like a page of a scan."""

from __future__ import annotations

import importlib
import io
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.platform import sandbox

if TYPE_CHECKING:
    from PIL.Image import Image

CPU_S = 30  # 25 megapixels, the most of a view copy, take 1 s
WALL_S = 45.0
MEMORY_BYTES = 1024 * 1024 * 1024  # 25 megapixels with transparency, several times

PAGE_INCHES = 11.7  # the longer side of A4, which most pictures of text show
MIN_DPI, MAX_DPI = 96, 600  # of a screenshot, and of the finest scan: a picture is no page of any size
DARK = 100  # of 255: below this mean shade, a picture shows light letters on a dark ground
JPEG_QUALITY = 95
# Pillow imports these when they are used, which the sandbox's child cannot.
_PILLOW_MODULES = tuple(f"PIL.{name}ImagePlugin" for name in ("Gif", "Jpeg", "Mpo", "Pdf", "Png", "Tiff", "WebP"))
_FORMATS = ("GIF", "JPEG", "PNG", "WEBP")  # of view copies


def write_in_sandbox(source: Path, target: Path) -> None:
    """Write the PDF of a picture's view copy. Raises SandboxError if it cannot be read."""
    sandbox.run(
        write,
        source,
        sandbox.Output(target),
        prepare=load,
        cpu_s=CPU_S,
        memory_bytes=MEMORY_BYTES,
        wall_s=WALL_S,
    )


def load() -> None:
    """Load what `write` needs."""
    import PIL.ImageOps  # noqa: F401

    for module in _PILLOW_MODULES:
        importlib.import_module(module)


def write(source: Path, target: Path) -> None:
    """Write the picture in shades of grey, dark on light, on a page of about the size of what it shows."""
    from PIL import Image, ImageOps

    sandbox.step("decoding the picture")
    out = io.BytesIO()
    with source.open("rb") as file, Image.open(file, formats=_FORMATS) as picture:
        grey = _on_white(picture)
        if grey.resize((1, 1), Image.Resampling.BOX).tobytes()[0] < DARK:
            grey = ImageOps.invert(grey)
        dpi = min(max(max(grey.size) / PAGE_INCHES, MIN_DPI), MAX_DPI)
        sandbox.step("writing the page")
        grey.save(out, "PDF", resolution=dpi, quality=JPEG_QUALITY)
    target.write_bytes(out.getbuffer())


def _on_white(picture: Image) -> Image:
    """Return the first frame in shades of grey, on white paper where it is transparent."""
    from PIL.Image import alpha_composite, new

    if not picture.has_transparency_data:
        return picture.convert("L")
    colours = picture.convert("RGBA")
    return alpha_composite(new("RGBA", colours.size, "white"), colours).convert("L")
