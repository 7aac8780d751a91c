"""Collect the pictures of an inspected document, in the sandbox: its display form shows them, and exports have the first.

Each picture is decoded and encoded again, so that nothing but pixels is kept of it.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any

from chalicelib.extraction.display.model import PlacedPicture
from chalicelib.formats.errors import FormatError
from chalicelib.illustrations import archive
from chalicelib.illustrations.model import CollectedPicture, CollectedPictures, Illustration
from chalicelib.illustrations.places import LetterIndex
from chalicelib.illustrations.references import PictureReference
from chalicelib.inspection import types
from chalicelib.inspection.images import picture
from chalicelib.platform import sandbox
from chalicelib.platform.telemetry.observability import logger

LISTERS = {  # the module that lists the pictures of a format
    "application/epub+zip": "epub",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/rtf": "rtf",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/x-fictionbook+xml": "fb2",
    "text/html": "html",
}
MAX_PICTURES = 3_000  # a comic or a catalogue; a novel with pictures has 200
MAX_BYTES = 100 * 1024 * 1024  # of all together
MAX_EXPORTED_PICTURES = 300
MAX_EXPORTED_BYTES = 20 * 1024 * 1024  # of all together, which an export holds in memory
MAX_SIDE_PIXELS = 1_200  # of a page of a reading device
MIN_SIDE_PIXELS = 48  # smaller ones are ornaments and letters
MAX_PLACES = 5_000  # of pictures, as often as they are used
MAX_USES = 5  # of one picture in an export; an ornament between scenes has more
JPEG_QUALITY = 80
WORK_CPU_S = 10.0  # no picture is begun later; one of 17 megapixels takes 1 s, 3,000 small ones 8 s
CPU_S = 14
WALL_S = 25.0  # a busy machine gives the child a fraction of a processor
WRITING_S = 5.0  # of the wall time, for what was collected: on a busy machine, too
MEMORY_BYTES = 1024 * 1024 * 1024  # a text of 5 million characters, and a picture of 17 megapixels


def collect_pictures(
    source: Path, archive_file: Path, pictures_file: Path, media_type: str, text: str, *, wall_s: float = WALL_S
) -> CollectedPictures:
    """Write the archive of a document's illustrations, and all pictures one behind the other. `text` is its reading text.

    They are optional, so no file is rejected for lack of them. Without any, neither file is left.
    """
    listing = LISTERS.get(media_type.partition(";")[0])
    if listing is None or not text:
        return CollectedPictures()
    try:
        collected = sandbox.run(
            _write,
            source,
            sandbox.Output(archive_file),
            sandbox.Output(pictures_file),
            text,
            listing,
            wall_s - WRITING_S,
            prepare=partial(load, listing),
            cpu_s=CPU_S,
            memory_bytes=MEMORY_BYTES,
            wall_s=wall_s,
        )
    except sandbox.SandboxError as error:
        logger.warning("no illustrations", media_type=media_type, reason=str(error))
        return CollectedPictures()
    if not collected.has_illustrations:
        archive_file.unlink()
    if not collected.pictures:
        pictures_file.unlink()
    return collected


def load(listing: str) -> None:
    """Load what collecting needs. Raises ImportError."""
    for module in (*types.PILLOW_MODULES, "defusedxml.ElementTree", "selectolax.lexbor", "xml.parsers.expat"):
        importlib.import_module(module)
    _lister(listing)


def _lister(listing: str) -> Any:
    return importlib.import_module(f"chalicelib.illustrations.{listing}")


def _write(
    source: Path, archive_file: Path, pictures_file: Path, text: str, listing: str, work_s: float = WALL_S
) -> CollectedPictures:
    """Write both files. Runs in the child. After `work_s`, or enough processor time, the pictures collected so far are kept."""
    ends_at_s, stops_at_s = time.process_time() + WORK_CPU_S, time.monotonic() + work_s
    sandbox.step("collecting its pictures")
    index = LetterIndex.of(text)
    places: list[PlacedPicture] = []
    quotes: list[str] = []
    references: Iterator[PictureReference] = _lister(listing).list_pictures(source)
    with pictures_file.open("wb") as file:
        pictures = _PictureWriter(file)
        try:
            for reference in islice(references, MAX_PLACES):
                if time.process_time() > ends_at_s or time.monotonic() > stops_at_s:
                    break
                if pictures.add(reference):
                    offset = index.find(reference.before, reference.after)
                    places.append(PlacedPicture(reference.digest, reference.description, offset))
                    quotes.append(index.quote())
        except FormatError:
            return CollectedPictures()
    has_illustrations = _write_archive(archive_file, places, quotes, pictures)
    return CollectedPictures(has_illustrations, tuple(filter(None, pictures.written.values())), tuple(places))


class _PictureWriter:
    """Writes each picture once, one behind the other. `exported` are the contents of the first."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._at = 0
        self.written: dict[str, CollectedPicture | None] = {}  # by digest; None for one that is not kept
        self.exported: dict[str, bytes] = {}

    def add(self, reference: PictureReference) -> bool:
        """Return whether the picture is kept."""
        digest = reference.digest
        if digest not in self.written:
            is_full = self._at > MAX_BYTES or len(self.written) >= MAX_PICTURES
            encoded = None if is_full else _encode(reference)
            self.written[digest] = self._write(digest, *encoded) if encoded is not None else None
        return self.written[digest] is not None

    def _write(self, digest: str, content: bytes, size: tuple[int, int]) -> CollectedPicture:
        name = f"{hashlib.sha256(content).hexdigest()[:32]}.jpg"
        picture = CollectedPicture(digest, name, *size, self._at, len(content))
        self._file.write(content)
        self._at += len(content)
        if len(self.exported) < MAX_EXPORTED_PICTURES and self._at <= MAX_EXPORTED_BYTES:
            self.exported[digest] = content
        return picture


def _write_archive(
    target: Path, places: Sequence[PlacedPicture], quotes: Sequence[str], pictures: _PictureWriter
) -> bool:
    """Write the archive for exports, or return False without pictures."""
    uses = Counter(place.digest for place in places)
    kept = [digest for digest in pictures.exported if uses[digest] <= MAX_USES]
    files = {digest: f"{number}.jpg" for number, digest in enumerate(kept, 1)}
    illustrations = [
        Illustration(files[place.digest], place.offset, quote, place.description)
        for place, quote in zip(places, quotes, strict=True)
        if place.digest in files
    ]
    if illustrations:
        target.write_bytes(archive.encode(illustrations, {files[digest]: pictures.exported[digest] for digest in kept}))
    return bool(illustrations)


def _encode(reference: PictureReference) -> tuple[bytes, tuple[int, int]] | None:
    """Return a picture as JPEG and its size; None for one that is too small, too large, damaged or of another format."""
    try:
        image = picture.open_cover(reference.read())
        if image is None or min(image.size) < MIN_SIDE_PIXELS:
            return None
        opaque = picture.on_white(picture.to_rgb(image))
        opaque.thumbnail((MAX_SIDE_PIXELS, MAX_SIDE_PIXELS))
        opaque.info = {}
        out = io.BytesIO()
        opaque.save(out, "JPEG", quality=JPEG_QUALITY)
        return out.getvalue(), opaque.size
    except (OSError, ValueError, SyntaxError, FormatError):  # the first three are Pillow's
        return None
