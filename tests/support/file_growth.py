"""Growth of the processor time that inspection, view copy, extraction and metadata of a file take, in this process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from chalicelib.extraction import extract
from chalicelib.extraction.model import ExtractionError
from chalicelib.illustrations import collect
from chalicelib.inspection import examine, loaders, types
from chalicelib.metadata import loaders as metadata_loaders
from chalicelib.metadata import read as metadata
from tests.support.growing_files import GrowingFile
from tests.support.growth import Growth, Meter

NOISE_S = 0.06  # imports, caches and the garbage collector vary by this much


def measure(file: GrowingFile, folder: Path) -> Growth:
    """Measure one kind of file at half of its count, at its count and at twice as much."""
    meter = Meter(_work(file.media_type, folder), [file.count // 2, file.count, 2 * file.count], noise_s=NOISE_S)
    return meter.measure(file.build)


def _work(media_type: str, folder: Path) -> Callable[[bytes], None]:
    kind = types.ACCEPTED_TYPES[media_type]
    path = folder / "file"

    def work(content: bytes) -> None:
        path.write_bytes(content)
        if examine.examine_in_process(path, kind).rejection is not None:
            return
        if kind.view_copy:
            loaders.load_view_copy_writer(kind.view_copy).write_view_copy(path, folder / "view")
        if kind.has_text:
            with contextlib.suppress(ExtractionError):
                text = extract.extract(path, media_type).text
                if media_type in collect.LISTERS:
                    collect._write(path, folder / "archive", folder / "pictures", text, collect.LISTERS[media_type])
        if media_type in metadata_loaders.READERS:
            metadata.read(path, media_type)

    return work
