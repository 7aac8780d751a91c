"""Cutting a file into parts, and telling whether all of it is there."""

from typing import Any

import pytest

from chalicelib.inspection import types
from chalicelib.platform.aws.multipart import UploadPart
from chalicelib.platform.errors import AppError
from chalicelib.uploads import parts
from chalicelib.uploads.model import NamedPart

FIVE = parts.PART_BYTES


@pytest.mark.parametrize(
    ("size_bytes", "sizes"),
    [
        (1, {1: 1}),
        (FIVE, {1: FIVE}),
        (FIVE + 1, {1: FIVE, 2: 1}),
        (3 * FIVE - 1, {1: FIVE, 2: FIVE, 3: FIVE - 1}),
    ],
)
def test_every_part_but_the_last_is_full(size_bytes: int, sizes: dict[int, int]) -> None:
    assert parts.part_sizes(size_bytes, FIVE) == sizes


def test_the_largest_file_has_as_many_parts_as_are_ever_signed() -> None:
    sizes = parts.part_sizes(types.MAX_FILE_BYTES, FIVE)
    assert list(sizes) == list(range(1, parts.MAX_PARTS + 1))
    assert sum(sizes.values()) == types.MAX_FILE_BYTES


def test_a_part_of_another_size_counts_as_missing() -> None:
    sizes = parts.part_sizes(2 * FIVE + 7, FIVE)
    assert parts.list_missing(sizes, [UploadPart(1, "a", FIVE), UploadPart(2, "b", FIVE - 1)]) == [2, 3]
    assert parts.list_missing(sizes, [UploadPart(3, "c", 7), UploadPart(1, "a", FIVE), UploadPart(2, "b", FIVE)]) == []


TWO = [UploadPart(1, "aa", FIVE), UploadPart(2, "bb", 10)]
WHOLE = {"size_bytes": FIVE + 10, "size_declared": True, "part_bytes": FIVE, "named": None}
BY_CLIENT = {"size_bytes": FIVE + 10, "size_declared": True, "part_bytes": None, "named": None}
UNKNOWN = {"size_bytes": 100 * 1024 * 1024, "size_declared": False, "part_bytes": None, "named": None}
NAMED = [NamedPart(number=2, etag="bb"), NamedPart(number=1, etag='"aa"')]


@pytest.mark.parametrize("expected", [WHOLE, BY_CLIENT, UNKNOWN])
@pytest.mark.parametrize("named", [None, NAMED])
def test_all_that_was_announced_is_complete(expected: dict[str, Any], named: list[NamedPart] | None) -> None:
    parts.verify(TWO, **{**expected, "named": named})


@pytest.mark.parametrize(
    ("present", "changes", "code"),
    [
        (TWO[:1], WHOLE, "parts_missing"),
        ([], WHOLE, "parts_missing"),
        ([], UNKNOWN, "parts_missing"),
        ([TWO[0], UploadPart(3, "cc", 10)], UNKNOWN, "parts_missing"),
        ([TWO[0], UploadPart(2, "bb", 11)], WHOLE, "parts_missing"),
        ([*TWO, UploadPart(3, "cc", 1)], WHOLE, "size_mismatch"),
        ([TWO[0], UploadPart(2, "bb", 11)], BY_CLIENT, "size_mismatch"),
        ([TWO[0], UploadPart(2, "bb", 9)], BY_CLIENT, "size_mismatch"),
        ([UploadPart(1, "aa", 100 * 1024 * 1024), UploadPart(2, "bb", 1)], UNKNOWN, "too_large"),
        (TWO, {**WHOLE, "named": [NamedPart(number=1, etag="aa")]}, "parts_differ"),
        (TWO, {**WHOLE, "named": [*NAMED, NamedPart(number=3, etag="cc")]}, "parts_differ"),
        (TWO, {**WHOLE, "named": [NAMED[0], NamedPart(number=1, etag="ab")]}, "parts_differ"),
    ],
)
def test_anything_else_is_not(present: list[UploadPart], changes: dict[str, Any], code: str) -> None:
    with pytest.raises(AppError) as refused:
        parts.verify(present, **changes)
    assert refused.value.code == code


def test_the_refusal_names_the_parts() -> None:
    with pytest.raises(AppError, match=r"not arrived whole: 2, 4\."):
        parts.verify(
            [UploadPart(1, "a", FIVE), UploadPart(3, "c", FIVE)],
            size_bytes=4 * FIVE,
            size_declared=True,
            part_bytes=FIVE,
            client_parts=None,
        )
