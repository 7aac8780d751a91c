"""Part sizes of multipart uploads, and the check that all parts have arrived."""

from typing import Any

import pytest

from chalicelib.inspection import types
from chalicelib.platform.aws.multipart import UploadPart
from chalicelib.platform.errors import AppError
from chalicelib.uploads import parts
from chalicelib.uploads.model import CompletedPart

FIVE_MIB = parts.PART_BYTES


@pytest.mark.parametrize(
    ("size_bytes", "sizes"),
    [
        (1, {1: 1}),
        (FIVE_MIB, {1: FIVE_MIB}),
        (FIVE_MIB + 1, {1: FIVE_MIB, 2: 1}),
        (3 * FIVE_MIB - 1, {1: FIVE_MIB, 2: FIVE_MIB, 3: FIVE_MIB - 1}),
    ],
)
def test_every_part_but_the_last_is_full(size_bytes: int, sizes: dict[int, int]) -> None:
    assert parts.part_sizes(size_bytes, FIVE_MIB) == sizes


def test_the_largest_file_has_as_many_parts_as_are_ever_signed() -> None:
    sizes = parts.part_sizes(types.MAX_FILE_BYTES, FIVE_MIB)
    assert list(sizes) == list(range(1, parts.MAX_PARTS + 1))
    assert sum(sizes.values()) == types.MAX_FILE_BYTES


def test_a_part_of_another_size_counts_as_missing() -> None:
    sizes = parts.part_sizes(2 * FIVE_MIB + 7, FIVE_MIB)
    assert parts.list_missing(sizes, [UploadPart(1, "a", FIVE_MIB), UploadPart(2, "b", FIVE_MIB - 1)]) == [2, 3]
    stored = [UploadPart(3, "c", 7), UploadPart(1, "a", FIVE_MIB), UploadPart(2, "b", FIVE_MIB)]
    assert parts.list_missing(sizes, stored) == []


STORED = [UploadPart(1, "aa", FIVE_MIB), UploadPart(2, "bb", 10)]
SIGNED_SIZES = {"size_bytes": FIVE_MIB + 10, "size_declared": True, "part_bytes": FIVE_MIB, "client_parts": None}
CLIENT_SIZES = {**SIGNED_SIZES, "part_bytes": None}
UNDECLARED = {**CLIENT_SIZES, "size_bytes": 100 * 1024 * 1024, "size_declared": False}
CLIENT_PARTS = [CompletedPart(number=2, etag="bb"), CompletedPart(number=1, etag='"aa"')]


@pytest.mark.parametrize("expected", [SIGNED_SIZES, CLIENT_SIZES, UNDECLARED])
@pytest.mark.parametrize("client_parts", [None, CLIENT_PARTS])
def test_an_upload_with_all_its_parts_is_complete(
    expected: dict[str, Any], client_parts: list[CompletedPart] | None
) -> None:
    parts.verify(STORED, **{**expected, "client_parts": client_parts})


@pytest.mark.parametrize(
    ("stored", "expected", "code"),
    [
        (STORED[:1], SIGNED_SIZES, "parts_missing"),
        ([], SIGNED_SIZES, "parts_missing"),
        ([], UNDECLARED, "parts_missing"),
        ([STORED[0], UploadPart(3, "cc", 10)], UNDECLARED, "parts_missing"),
        ([STORED[0], UploadPart(2, "bb", 11)], SIGNED_SIZES, "parts_missing"),
        ([*STORED, UploadPart(3, "cc", 1)], SIGNED_SIZES, "size_mismatch"),
        ([STORED[0], UploadPart(2, "bb", 11)], CLIENT_SIZES, "size_mismatch"),
        ([STORED[0], UploadPart(2, "bb", 9)], CLIENT_SIZES, "size_mismatch"),
        ([UploadPart(1, "aa", 100 * 1024 * 1024), UploadPart(2, "bb", 1)], UNDECLARED, "too_large"),
        (STORED, {**SIGNED_SIZES, "client_parts": [CompletedPart(number=1, etag="aa")]}, "parts_mismatch"),
        (
            STORED,
            {**SIGNED_SIZES, "client_parts": [*CLIENT_PARTS, CompletedPart(number=3, etag="cc")]},
            "parts_mismatch",
        ),
        (
            STORED,
            {**SIGNED_SIZES, "client_parts": [CLIENT_PARTS[0], CompletedPart(number=1, etag="ab")]},
            "parts_mismatch",
        ),
    ],
)
def test_any_other_set_of_parts_is_rejected(stored: list[UploadPart], expected: dict[str, Any], code: str) -> None:
    with pytest.raises(AppError) as error:
        parts.verify(stored, **expected)
    assert error.value.code == code


def test_the_error_lists_the_missing_parts() -> None:
    with pytest.raises(AppError, match=r"missing or incomplete: 2, 4\."):
        parts.verify(
            [UploadPart(1, "a", FIVE_MIB), UploadPart(3, "c", FIVE_MIB)],
            size_bytes=4 * FIVE_MIB,
            size_declared=True,
            part_bytes=FIVE_MIB,
            client_parts=None,
        )
