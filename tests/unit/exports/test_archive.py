"""Archives: checksums of wholes from those of parts, the same bytes as zipfile's, and resuming."""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.exports import archive, crc, zip_format
from chalicelib.exports.archive import (
    ArchivePosition,
    ContentPosition,
    FileChunk,
    HashedEntry,
    PlannedFile,
    StreamedArchive,
    StreamedFile,
)
from chalicelib.exports.zip_format import MAX_BYTES, ArchiveEntry
from chalicelib.platform.aws import resumable_upload
from chalicelib.platform.errors import ContentTooLargeError

MADE_AT = datetime(2026, 11, 28, 19, 59, 58, tzinfo=UTC)
END = ContentPosition("complete", None)


@given(first=st.binary(max_size=300), second=st.binary(max_size=300))
def test_the_checksum_of_a_whole_follows_from_those_of_its_parts(first: bytes, second: bytes) -> None:
    assert crc.combine(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


NAMES = st.text("abcé日😀 ", min_size=1, max_size=9)
FILES = st.lists(
    st.tuples(NAMES, st.lists(st.binary(max_size=200), max_size=4)),
    max_size=5,
    unique_by=lambda file: file[0],
)


# ---- planned archives --------------------------------------------------------------------------------------------------


@given(files=FILES, length=st.integers(1, 700))
def test_an_archive_is_the_same_in_ranges_of_any_length(files: list[tuple[str, list[bytes]]], length: int) -> None:
    plan = archive.plan_archive(
        PlannedFile(name, [archive.literal_chunk(chunk) for chunk in chunks]) for name, chunks in files
    )
    whole = b"".join(plan.read(start, start + length) for start in range(0, plan.size, length))
    assert len(whole) == plan.size
    with zipfile.ZipFile(io.BytesIO(whole)) as opened:
        assert opened.testzip() is None
        assert {name: opened.read(name) for name in opened.namelist()} == {
            name: b"".join(chunks) for name, chunks in files
        }


def test_archives_with_different_content_have_different_digests() -> None:
    one, same, other = (
        archive.plan_archive([PlannedFile("a", [archive.literal_chunk(content)])]) for content in (b"x", b"x", b"y")
    )
    assert one.digest == same.digest != other.digest


def test_the_digest_is_that_of_the_directory() -> None:
    """Checkpoints contain it: with another one, every archive that is being written would start anew at an upgrade."""
    plan = archive.plan_archive([PlannedFile("a", [archive.literal_chunk(b"xyz")])])
    directory = plan.read(30 + 1 + 3, plan.size)
    assert directory.startswith(b"PK\x01\x02")
    assert plan.digest == hashlib.sha256(directory).hexdigest()


def test_an_archive_that_needs_zip64_is_rejected() -> None:
    records_bytes = archive.plan_archive([PlannedFile("a", [])]).size
    fits = archive.plan_archive([PlannedFile("a", [FileChunk(MAX_BYTES - records_bytes, 0, bytes)])])
    assert fits.size == MAX_BYTES
    for size in (MAX_BYTES - records_bytes + 1, 2**32, 2**40):
        with pytest.raises(ContentTooLargeError):
            archive.plan_archive([PlannedFile("a", [FileChunk(size, 0, bytes)])])


def test_a_chunk_with_another_length_than_planned_raises() -> None:
    plan = archive.plan_archive([PlannedFile("a", [FileChunk(3, 0, lambda: b"ab")])])
    with pytest.raises(ValueError, match="2 bytes instead of 3"):
        plan.read(0, plan.size)


# ---- streamed archives -------------------------------------------------------------------------------------------------


class _Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def seek(self, *_: object) -> int:
        raise io.UnsupportedOperation

    def tell(self) -> int:
        raise io.UnsupportedOperation


def _by_zipfile(files: Sequence[tuple[str, list[bytes]]], *, level: int, is_large: bool) -> bytes:
    target = _Unseekable()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as opened:
        for name, chunks in files:
            info = zipfile.ZipInfo(name, MADE_AT.timetuple()[:6])
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            info._compresslevel = level  # type: ignore[attr-defined]
            with opened.open(info, "w", force_zip64=is_large) as file:
                for chunk in chunks:
                    file.write(chunk)
        for info in opened.filelist:  # the resuming worker has the sizes only, not the version of the header
            info.extract_version = info.create_version = zipfile.DEFAULT_VERSION
    return target.getvalue()


def _stream(files: Sequence[tuple[str, list[bytes]]], *, level: int = 6, size_bytes: int = 0) -> Iterator[StreamedFile]:
    for number, (name, chunks) in enumerate(files, 1):
        next_position = partial(ContentPosition, "files", {"after": number})
        yield StreamedFile(name, iter(chunks), level, next_position, size_bytes)


@given(files=FILES, level=st.sampled_from([0, 6]), is_large=st.booleans())
def test_a_streamed_archive_has_the_bytes_that_zipfile_writes(
    files: list[tuple[str, list[bytes]]], level: int, is_large: bool
) -> None:
    streamed = StreamedArchive([], offset=0, made_at=MADE_AT)
    parts = list(streamed.list_parts(_stream(files, level=level, size_bytes=2**31 if is_large else 0), end=END))
    assert b"".join(part.content for part in parts) == _by_zipfile(files, level=level, is_large=is_large)
    assert [(entry.name, entry.size_bytes, entry.sha256) for entry in streamed.entries] == [
        (name, len(b"".join(chunks)), hashlib.sha256(b"".join(chunks)).hexdigest()) for name, chunks in files
    ]


def test_a_streamed_archive_resumes_behind_any_position(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resumable_upload, "PART_BYTES", 700)
    monkeypatch.setattr(resumable_upload, "MIN_PART_BYTES", 300)
    files = [(f"{number} é.bin", [bytes([number]) * 100, bytes(range(200))] * (number % 4)) for number in range(12)]
    whole = list(StreamedArchive([], offset=0, made_at=MADE_AT).list_parts(_stream(files, level=0), end=END))
    expected = b"".join(part.content for part in whole)
    assert sum(part.position is not None for part in whole) > 3
    assert [part.is_last for part in whole] == [False] * (len(whole) - 1) + [True]

    stored, entries = b"", list[HashedEntry]()
    for part in whole:
        stored += part.content
        position: ArchivePosition | None = part.position
        if position is None or position.content == END:
            continue
        entries += position.entries
        assert position.offset == len(stored)
        assert position.content.source_position is not None
        remaining = files[position.content.source_position["after"] :]
        resumed = StreamedArchive(list(entries), offset=position.offset, made_at=MADE_AT)
        parts = list(resumed.list_parts(_stream(remaining, level=0), end=END))
        assert stored + b"".join(part.content for part in parts) == expected


@pytest.mark.parametrize(
    "sizes", [[2**31 - 1], [2**31], [2**32 + 5, 7], [2**31 - 1] * 4, [1] * 70_000], ids=lambda sizes: str(len(sizes))
)
def test_a_directory_of_large_or_many_files_is_the_one_that_zipfile_writes(sizes: list[int]) -> None:
    entries, infos, offset = [], [], 0
    for number, size in enumerate(sizes):
        entries.append(ArchiveEntry(f"{number}", offset, zip_format.HAS_DESCRIPTOR, number, size, size))
        info = zipfile.ZipInfo(f"{number}", MADE_AT.timetuple()[:6])
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
        info.flag_bits, info.header_offset, info.CRC = zip_format.HAS_DESCRIPTOR, offset, number
        info.file_size = info.compress_size = size
        infos.append(info)
        offset += size + 60

    class _Behind(io.BytesIO):
        """A file with `offset` bytes before its content."""

        def tell(self) -> int:
            return offset + len(self.getvalue())

        def seekable(self) -> bool:
            return False

        def seek(self, *_: object) -> int:
            raise io.UnsupportedOperation

    target = _Behind()
    with zipfile.ZipFile(target, "w") as opened:
        opened.filelist[:] = infos
        opened._didModify = True  # type: ignore[attr-defined]
    assert zip_format.directory(entries, zip_format.deflated(MADE_AT), offset=offset) == target.getvalue()
