"""How a file is cut into parts, and whether what storage has is all of it. Values only: no clock, no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from chalicelib.inspection import types
from chalicelib.platform.aws.multipart import UploadPart
from chalicelib.platform.errors import ConflictError, ContentTooLargeError
from chalicelib.uploads.model import NamedPart

PART_BYTES = 5 * 1024 * 1024  # the least S3 takes (the last part apart), so an interruption costs least
MAX_PARTS = -(-types.MAX_FILE_BYTES // PART_BYTES)  # of the largest file; more are never signed


def part_sizes(size_bytes: int, part_bytes: int) -> dict[int, int]:
    """The size of every part by its number; the last may be smaller."""
    starts = range(0, size_bytes, part_bytes)
    return {number: min(part_bytes, size_bytes - start) for number, start in enumerate(starts, 1)}


def list_missing(sizes: Mapping[int, int], present: Iterable[UploadPart]) -> list[int]:
    """The numbers of the parts that storage does not have, or has in another size."""
    there = {part.number: part.size_bytes for part in present}
    return [number for number, size in sizes.items() if there.get(number) != size]


def verify(
    present: Sequence[UploadPart],
    *,
    size_bytes: int,
    size_declared: bool,
    part_bytes: int | None,
    client_parts: Sequence[NamedPart] | None,
) -> None:
    """Whether the parts in storage make up the file that was announced, and are the ones the client means.

    Raises ConflictError (`parts_missing`, `size_mismatch`, `parts_differ`), and TooLargeError for a file without an announced
    size that outgrew its reservation.
    """
    arrived = sum(part.size_bytes for part in present)
    if part_bytes is not None:
        absent = list_missing(part_sizes(size_bytes, part_bytes), present)
    else:
        numbers = {part.number for part in present}
        absent = [number for number in range(1, max(numbers, default=1) + 1) if number not in numbers]
    if absent:
        raise ConflictError(
            f"These parts have not arrived whole: {_listed(absent)}. Send them, then complete the upload.",
            code="parts_missing",
        )
    if size_declared and arrived != size_bytes:
        raise ConflictError(
            f"{size_bytes:,} bytes were announced, the parts have {arrived:,}. Give this upload up and start again.",
            code="size_mismatch",
        )
    if arrived > size_bytes:
        raise ContentTooLargeError(
            f"The parts have {arrived:,} bytes; at most {size_bytes:,} are taken. Split the file."
        )
    if client_parts is not None:
        _check_named(present, client_parts)


def _check_named(present: Sequence[UploadPart], named: Sequence[NamedPart]) -> None:
    there = {part.number: part.etag for part in present}
    meant = {part.number: part.etag.strip('"') for part in named}
    differing = sorted(number for number in there.keys() | meant.keys() if there.get(number) != meant.get(number))
    if differing:
        raise ConflictError(
            f"What was named and what storage has differ in these parts: {_listed(differing)}. "
            "Look at the upload again, and send the parts again that are not yours.",
            code="parts_differ",
        )


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:MAX_PARTS]))
    return shown if len(numbers) <= MAX_PARTS else f"{shown} and {len(numbers) - MAX_PARTS} more"
