"""The thumbnail of a file in lists: its first page, its cover, or the picture itself, as WebP.

Documents get a larger one as JPEG, too: players and reading systems, which show the covers of recordings, do not know WebP.
"""

import importlib
import io
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.inspection import loaders, types
from chalicelib.inspection.images import picture
from chalicelib.inspection.loaders import ThumbnailName
from chalicelib.platform import sandbox
from chalicelib.platform.telemetry.observability import logger

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_SIDE_PIXELS = 512  # 256 on screens with two pixels to the point
WEBP_QUALITY = 80
COVER_SIDE_PIXELS = 800  # ~100 KB; each chapter of an exported recording has it
COVER_QUALITY = 80
CPU_S = 5  # the heaviest page of a book takes 1 s
WALL_S = 8.0  # a busy machine gives the child a fraction of a processor
MEMORY_BYTES = 1024 * 1024 * 1024  # 50 megapixels of 4 bytes, turned and scaled down

_PRELOAD_MODULES: dict[ThumbnailName, tuple[str, ...]] = {
    "pdf_cover": ("pypdfium2",),
    "epub_cover": ("defusedxml.ElementTree",),
    "fb2_cover": ("lxml.etree", "xml.parsers.expat"),
}


def make_thumbnail(
    source: Path, target: Path, file_type: types.FileType, *, cover: Path | None = None, wall_s: float = WALL_S
) -> bool:
    """Write the thumbnail of an inspected file to `target`, and its cover to `cover`, in the sandbox.

    Returns False when there is none: thumbnails are optional, so no file is rejected for lack of one.
    """
    if file_type.thumbnail is None:
        return False
    try:
        has_thumbnail = sandbox.run(
            _write,
            source,
            sandbox.Output(target),
            None if cover is None else sandbox.Output(cover),
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
        for written in filter(None, (target, cover)):
            written.unlink()
    return has_thumbnail


def _load(name: ThumbnailName) -> None:
    for module in (*types.PILLOW_MODULES, *_PRELOAD_MODULES.get(name, ())):
        importlib.import_module(module)
    loaders.load_thumbnail_source(name)


def _write(source: Path, target: Path, cover: Path | None, name: ThumbnailName) -> bool:
    """Write the thumbnail and the cover, or return False without an image. Runs in the child."""
    sandbox.step("looking for a picture of it")
    image = loaders.load_thumbnail_source(name).thumbnail_image(source)
    if image is None:
        return False
    sandbox.step("scaling it down")
    scaled = picture.to_rgb(image)
    if cover is not None:
        scaled.thumbnail((COVER_SIDE_PIXELS, COVER_SIDE_PIXELS))
        cover.write_bytes(_encode(picture.on_white(scaled), "JPEG", quality=COVER_QUALITY, optimize=True))
    scaled.thumbnail((MAX_SIDE_PIXELS, MAX_SIDE_PIXELS))
    target.write_bytes(_encode(scaled, "WEBP", quality=WEBP_QUALITY, method=4))
    return True


def _encode(image: "Image", file_format: str, **options: int) -> bytes:
    out = io.BytesIO()
    image.info = {}
    image.save(out, file_format, **options)
    return out.getvalue()
