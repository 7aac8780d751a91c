"""The small picture of a media in lists: the first page, the cover, or the picture itself, as WebP."""

import importlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from PIL.Image import Image

from chalicelib.inspection import types
from chalicelib.platform import sandbox
from chalicelib.platform.telemetry.observability import logger

MAX_SIDE_PIXELS = 512  # pixels: 256 on screens with two of them to the point
WEBP_QUALITY = 80
CPU_S = 5  # the heaviest page of a book takes 1 s
WALL_S = 8.0  # a busy machine gives the child a fraction of a processor
MEMORY_BYTES = 1024 * 1024 * 1024  # 50 megapixels of 4 bytes, turned and made smaller


class _Module(Protocol):
    def picture_of(self, source: Path) -> "Image | None": ...


def make_thumbnail(source: Path, target: Path, kind: types.FileType, *, wall_s: float = WALL_S) -> bool:
    """Write the thumbnail of an inspected file to `target`, in the sandbox. False when there is none: media need no
    thumbnail, so no file is refused for it.
    """
    if kind.thumbnail is None:
        return False
    for module in (*types.PILLOW_MODULES, kind.thumbnail, *_NEEDS.get(kind.media_type, ())):
        importlib.import_module(module)
    try:
        return sandbox.run(write, source, target, kind.thumbnail, cpu_s=CPU_S, memory_bytes=MEMORY_BYTES, wall_s=wall_s)
    except sandbox.SandboxError as error:
        target.unlink(missing_ok=True)
        logger.warning("no thumbnail", media_type=kind.media_type, reason=str(error))
        return False


_NEEDS = {
    "application/pdf": ("pypdfium2",),
    "application/epub+zip": ("defusedxml.ElementTree",),
}


def write(source: Path, target: Path, module: str) -> bool:
    """Runs in the child."""
    sandbox.step("looking for a picture of it")
    found = cast(_Module, importlib.import_module(module)).picture_of(source)
    if found is None:
        return False
    sandbox.step("making it small")
    small = found.convert("RGBA" if found.mode in {"LA", "PA", "RGBA"} or "transparency" in found.info else "RGB")
    small.thumbnail((MAX_SIDE_PIXELS, MAX_SIDE_PIXELS))
    small.info = {}
    out = io.BytesIO()
    small.save(out, "WEBP", quality=WEBP_QUALITY, method=4)
    target.write_bytes(out.getbuffer())
    return True
