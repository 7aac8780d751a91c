"""Collect the illustrations of an inspected document, in the sandbox: exports have them, which are written without parsers.

Each picture is decoded and encoded again, so that nothing but pixels is kept of it.
"""

from __future__ import annotations

import importlib
import io
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from chalicelib.formats.errors import FormatError
from chalicelib.illustrations import archive
from chalicelib.illustrations.model import Illustration
from chalicelib.illustrations.places import LetterIndex
from chalicelib.illustrations.references import PictureReference
from chalicelib.inspection import types
from chalicelib.inspection.images import picture
from chalicelib.platform import sandbox
from chalicelib.platform.telemetry.observability import logger

LISTERS = {  # the module that lists the pictures of a format
    "application/epub+zip": "epub",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/x-fictionbook+xml": "fb2",
    "text/html": "html",
}
MAX_PICTURES = 300  # an illustrated book has 200
MAX_BYTES = 20 * 1024 * 1024  # of all together, which an export holds in memory
MAX_SIDE_PIXELS = 1_200  # of a page of a reading device
MIN_SIDE_PIXELS = 48  # smaller ones are ornaments and letters
MAX_PLACES = 2_000  # of pictures, as often as they are used
MAX_USES = 5  # of one picture; an ornament between scenes has more
JPEG_QUALITY = 80
WORK_CPU_S = 6.0  # no picture is begun later; one of 17 megapixels takes 1 s
CPU_S = 10
WALL_S = 12.0  # a busy machine gives the child a fraction of a processor
MEMORY_BYTES = 1024 * 1024 * 1024  # a text of 5 million characters, and a picture of 17 megapixels


def collect_illustrations(source: Path, target: Path, media_type: str, text: str, *, wall_s: float = WALL_S) -> bool:
    """Write the archive of a document's illustrations to `target`; False if it has none. `text` is its reading text.

    They are optional, so no file is rejected for lack of them.
    """
    listing = LISTERS.get(media_type.partition(";")[0])
    if listing is None or not text:
        return False
    try:
        has_any = sandbox.run(
            _write,
            source,
            sandbox.Output(target),
            text,
            listing,
            prepare=partial(load, listing),
            cpu_s=CPU_S,
            memory_bytes=MEMORY_BYTES,
            wall_s=wall_s,
        )
    except sandbox.SandboxError as error:
        logger.warning("no illustrations", media_type=media_type, reason=str(error))
        return False
    if not has_any:
        target.unlink()
    return has_any


def load(listing: str) -> None:
    """Load what collecting needs. Raises ImportError."""
    for module in (*types.PILLOW_MODULES, "defusedxml.ElementTree", "selectolax.lexbor", "xml.parsers.expat"):
        importlib.import_module(module)
    _lister(listing)


def _lister(listing: str) -> Any:
    return importlib.import_module(f"chalicelib.illustrations.{listing}")


def _write(source: Path, target: Path, text: str, listing: str) -> bool:
    """Write the archive, or return False without pictures. Runs in the child."""
    ends_at_s = time.process_time() + WORK_CPU_S
    sandbox.step("collecting its illustrations")
    index = LetterIndex.of(text)
    illustrations: list[Illustration] = []
    files: dict[str, str] = {}  # by the name of a picture in the document; empty for one that is not kept
    pictures: dict[str, bytes] = {}
    size_bytes = 0
    references: Iterator[PictureReference] = _lister(listing).list_pictures(source)
    try:
        for reference in islice(references, MAX_PLACES):
            if reference.name not in files:
                is_full = size_bytes > MAX_BYTES or len(pictures) >= MAX_PICTURES or time.process_time() > ends_at_s
                content = b"" if is_full else _encode(reference)
                files[reference.name] = f"{len(pictures) + 1}.jpg" if content else ""
                if content:
                    pictures[files[reference.name]] = content
                    size_bytes += len(content)
            if file := files[reference.name]:
                offset = index.find(reference.before, reference.after)
                illustrations.append(Illustration(file, offset, index.quote(), reference.description))
    except FormatError:
        return False
    uses = Counter(illustration.file for illustration in illustrations)
    kept = [illustration for illustration in illustrations if uses[illustration.file] <= MAX_USES]
    used = {name: content for name, content in pictures.items() if 0 < uses[name] <= MAX_USES}
    if kept:
        target.write_bytes(archive.encode(kept, used))
    return bool(kept)


def _encode(reference: PictureReference) -> bytes:
    """Return a picture as JPEG; empty for one that is too small, too large, damaged or of another format."""
    try:
        image = picture.open_cover(reference.read())
        if image is None or min(image.size) < MIN_SIDE_PIXELS:
            return b""
        opaque = picture.on_white(picture.to_rgb(image))
        opaque.thumbnail((MAX_SIDE_PIXELS, MAX_SIDE_PIXELS))
        opaque.info = {}
        out = io.BytesIO()
        opaque.save(out, "JPEG", quality=JPEG_QUALITY)
        return out.getvalue()
    except (OSError, ValueError, SyntaxError, FormatError):  # the first three are Pillow's
        return b""
