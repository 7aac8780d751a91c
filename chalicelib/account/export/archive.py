"""A ZIP archive that grows in storage part by part, in as many functions as it takes, without a copy of it anywhere else.

zipfile writes the format. What it knows of finished files is kept by the caller (`Entry`), so that another process can go on
behind them, and the last one can write the directory of them all.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.account.export.model import ArchiveEntry, ArchiveProgress
from chalicelib.platform.aws import resumable_upload

ZIP64_FROM_BYTES = 2**31 - 1  # zipfile's own border; older programs read everything below it


@dataclass
class _Sink:
    """A file for zipfile: without `seek`, so that sizes and checksums are written behind each file."""

    key: str
    upload_id: str
    offset: int
    first_part: int
    etags: list[str] = field(default_factory=list)
    waiting: bytearray = field(default_factory=bytearray)
    deaf: bool = False

    def write(self, content: bytes, /) -> int:
        if not self.deaf:
            self.waiting += content
            self.offset += len(content)
            while len(self.waiting) >= resumable_upload.PART_BYTES:
                self.send(resumable_upload.PART_BYTES)
        return len(content)

    def tell(self) -> int:
        return self.offset

    def flush(self) -> None:
        """Nothing: what waits is sent by the part."""

    def close(self) -> None:
        """Nothing is open."""

    def send(self, size: int) -> None:
        number = self.first_part + len(self.etags)
        self.etags.append(resumable_upload.upload_part(self.key, self.upload_id, number, bytes(self.waiting[:size])))
        del self.waiting[:size]


class StreamedArchive:
    """Goes on at `offset` with the part `first_part`. Left without `finish`, it stays as it is, for somebody else to go on.

    Its files bear the date `made_at`.
    """

    def __init__(self, key: str, upload_id: str, *, offset: int, first_part: int, made_at: datetime) -> None:
        self._sink = _Sink(key, upload_id, offset, first_part)
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED)
        self._made_at = made_at
        self._entries: list[ArchiveEntry] = []

    def __enter__(self) -> StreamedArchive:
        return self

    def __exit__(self, *_: object) -> None:
        self._sink.deaf = True  # closing, zipfile would write a directory of the files it knows
        self._zip.close()

    def add(self, name: str, content: Iterable[bytes], *, level: int, size_bytes: int = 0) -> None:
        """Add a file, compressed with zlib's `level`; `size_bytes` is about how large it will be."""
        digest = hashlib.sha256()
        info = self._named(name)
        info._compresslevel = level  # type: ignore[attr-defined]  # the public name came with Python 3.13; this one stayed
        with self._zip.open(info, "w", force_zip64=size_bytes >= ZIP64_FROM_BYTES // 2) as file:
            for chunk in content:
                digest.update(chunk)
                file.write(chunk)
        written = self._zip.filelist[-1]
        self._entries.append(
            ArchiveEntry(
                name=written.filename,
                header_offset=written.header_offset,
                flags=written.flag_bits,
                crc=written.CRC,
                size_bytes=written.file_size,
                stored_bytes=written.compress_size,
                sha256=digest.hexdigest(),
            )
        )

    @property
    def unsaved(self) -> Sequence[ArchiveEntry]:
        """The files that were added since the last pause."""
        return self._entries

    def pause(self) -> ArchiveProgress | None:
        """Everything up to here is in storage, and another process may go on; None while too little waits for a part."""
        return None if 0 < len(self._sink.waiting) < resumable_upload.MIN_PART_BYTES else self._progress()

    def finish(self, earlier: Sequence[ArchiveEntry]) -> ArchiveProgress:
        """Write the directory of all files, those of earlier processes first, and the last part."""
        self._zip.filelist[:] = [self._info(entry) for entry in [*earlier, *self._entries]]
        self._zip.close()
        return self._progress()

    def _progress(self) -> ArchiveProgress:
        if self._sink.waiting:
            self._sink.send(len(self._sink.waiting))
        progress = ArchiveProgress(self._entries, self._sink.first_part, self._sink.etags, self._sink.offset)
        self._sink.first_part += len(self._sink.etags)
        self._sink.etags, self._entries = [], []
        return progress

    def _named(self, name: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, self._made_at.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        return info

    def _info(self, entry: ArchiveEntry) -> zipfile.ZipInfo:
        info = self._named(entry.name)
        info.header_offset, info.flag_bits, info.CRC = entry.header_offset, entry.flags, entry.crc
        info.file_size, info.compress_size = entry.size_bytes, entry.stored_bytes
        return info
