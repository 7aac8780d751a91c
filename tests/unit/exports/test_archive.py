"""Archives whose every byte is known beforehand: checksums of wholes from those of pieces, and any stretch made on its own."""

import io
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.errors import ContentTooLargeError
from chalicelib.speech.exports import archive, crc
from chalicelib.speech.exports.archive import FileChunk, PlannedFile


@given(first=st.binary(max_size=300), second=st.binary(max_size=300))
def test_the_checksum_of_a_whole_follows_from_those_of_its_pieces(first: bytes, second: bytes) -> None:
    assert crc.combine(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


FILES = st.lists(
    st.tuples(st.text("abcé日😀 ", min_size=1, max_size=9), st.lists(st.binary(max_size=200), max_size=4)),
    max_size=5,
    unique_by=lambda file: file[0],
)


@given(files=FILES, stretch=st.integers(1, 700))
def test_an_archive_is_the_same_in_stretches_of_any_length(files: list[tuple[str, list[bytes]]], stretch: int) -> None:
    laid = archive.plan_archive(
        PlannedFile(name, [archive.literal_chunk(piece) for piece in pieces]) for name, pieces in files
    )
    whole = b"".join(laid.read(start, start + stretch) for start in range(0, laid.size, stretch))
    assert len(whole) == laid.size
    with zipfile.ZipFile(io.BytesIO(whole)) as opened:
        assert opened.testzip() is None
        assert {name: opened.read(name) for name in opened.namelist()} == {
            name: b"".join(pieces) for name, pieces in files
        }


def test_two_archives_are_told_apart_by_what_is_in_them() -> None:
    one, same, other = (
        archive.plan_archive([PlannedFile("a", [archive.literal_chunk(content)])]) for content in (b"x", b"x", b"y")
    )
    assert one.digest == same.digest != other.digest


def test_what_no_plain_zip_can_hold_is_refused() -> None:
    huge = FileChunk(2**32 - 1_000, 0, bytes)
    with pytest.raises(ContentTooLargeError):
        archive.plan_archive([PlannedFile("a", [huge])])


def test_a_piece_that_is_not_as_long_as_it_said_is_noticed() -> None:
    laid = archive.plan_archive([PlannedFile("a", [FileChunk(3, 0, lambda: b"ab")])])
    with pytest.raises(ValueError, match="2 bytes instead of 3"):
        laid.read(0, laid.size)
