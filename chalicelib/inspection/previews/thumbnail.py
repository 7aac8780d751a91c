"""The thumbnail of a file in lists: its first page, its cover, or the picture itself, as WebP."""

import importlib
import io
from functools import partial
from pathlib import Path

from chalicelib.inspection import loaders, types
from chalicelib.inspection.loaders import ThumbnailName
from chalicelib.platform import sandbox
from chalicelib.platform.telemetry.observability import logger

MAX_SIDE_PIXELS = 512  # 256 on screens with two pixels to the point
WEBP_QUALITY = 80
CPU_S = 5  # the heaviest page of a book takes 1 s
WALL_S = 8.0  # a busy machine gives the child a fraction of a processor
MEMORY_BYTES = 1024 * 1024 * 1024  # 50 megapixels of 4 bytes, turned and scaled down

_PRELOAD_MODULES: dict[ThumbnailName, tuple[str, ...]] = {
    "pdf_cover": ("pypdfium2",),
    "epub_cover": ("defusedxml.ElementTree",),
    "fb2_cover": ("lxml.etree", "xml.parsers.expat"),
}


def make_thumbnail(source: Path, target: Path, file_type: types.FileType, *, wall_s: float = WALL_S) -> bool:
    """Write the thumbnail of an inspected file to `target`, in the sandbox.

    Returns False when there is none: thumbnails are optional, so no file is rejected for lack of one.
    """
    if file_type.thumbnail is None:
        return False
    try:
        has_thumbnail = sandbox.run(
            _write,
            source,
            sandbox.Output(target),
            file_type.thumbnail,
            prepare=partial(_load, file_type.thumbnail),
            cpu_s=CPU_S,
            memory_bytes=MEMORY_BYTES,
            wall_s=wall_s,
        )
    except sandbox.SandboxError as error:
        logger.warning("no thumbnail", media_type=file_type.media_type, reason=str(error))
        return False
    if not has_thumbnail:
        target.unlink()
    return has_thumbnail


def _load(name: ThumbnailName) -> None:
    for module in (*types.PILLOW_MODULES, *_PRELOAD_MODULES.get(name, ())):
        importlib.import_module(module)
    loaders.load_thumbnail_source(name)


def _write(source: Path, target: Path, name: ThumbnailName) -> bool:
    """Write the thumbnail, or return False without an image. Runs in the child."""
    sandbox.step("looking for a picture of it")
    image = loaders.load_thumbnail_source(name).thumbnail_image(source)
    if image is None:
        return False
    sandbox.step("scaling it down")
    has_alpha = image.mode in {"LA", "PA", "RGBA"} or "transparency" in image.info
    small = image.convert("RGBA" if has_alpha else "RGB")
    small.thumbnail((MAX_SIDE_PIXELS, MAX_SIDE_PIXELS))
    small.info = {}
    out = io.BytesIO()
    small.save(out, "WEBP", quality=WEBP_QUALITY, method=4)
    target.write_bytes(out.getbuffer())
    return True
