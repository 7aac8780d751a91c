"""Part sizes of multipart uploads, and the check that storage has all parts. Pure: no clock, no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from chalicelib.inspection import types
from chalicelib.platform.aws.multipart import UploadPart
from chalicelib.platform.errors import ConflictError, ContentTooLargeError
from chalicelib.uploads.model import CompletedPart

PART_BYTES = 5 * 1024 * 1024  # S3's minimum (except for the last part), so that an interruption loses little
MAX_PARTS = -(-types.MAX_FILE_BYTES // PART_BYTES)  # of the largest file; no further part is ever signed


def part_sizes(size_bytes: int, part_bytes: int) -> dict[int, int]:
    """Return the size of each part by its number; the last one can be smaller."""
    starts = range(0, size_bytes, part_bytes)
    return {number: min(part_bytes, size_bytes - start) for number, start in enumerate(starts, 1)}


def list_missing(sizes: Mapping[int, int], stored: Iterable[UploadPart]) -> list[int]:
    """List the numbers of parts that storage lacks or has in another size."""
    stored_sizes = {part.number: part.size_bytes for part in stored}
    return [number for number, size in sizes.items() if stored_sizes.get(number) != size]


def verify(
    stored: Sequence[UploadPart],
    *,
    size_bytes: int,
    size_declared: bool,
    part_bytes: int | None,
    client_parts: Sequence[CompletedPart] | None,
) -> None:
    """Check that the stored parts make up the file and match the client's list, if any.

    Raises ConflictError (`parts_missing`, `size_mismatch`, `parts_mismatch`), and ContentTooLargeError for a file of undeclared
    size that outgrew its reservation.
    """
    stored_bytes = sum(part.size_bytes for part in stored)
    if part_bytes is not None:
        missing = list_missing(part_sizes(size_bytes, part_bytes), stored)
    else:
        numbers = {part.number for part in stored}
        missing = [number for number in range(1, max(numbers, default=1) + 1) if number not in numbers]
    if missing:
        raise ConflictError(
            f"These parts are missing or incomplete: {_join(missing)}. Send them, then complete the upload.",
            code="parts_missing",
        )
    if size_declared and stored_bytes != size_bytes:
        raise ConflictError(
            f"The file was declared with {size_bytes:,} bytes, but its parts have {stored_bytes:,}. Cancel this upload and "
            "start a new one.",
            code="size_mismatch",
        )
    if stored_bytes > size_bytes:
        raise ContentTooLargeError(
            f"The parts have {stored_bytes:,} bytes, and a file can have at most {size_bytes:,}. Split the file."
        )
    if client_parts is not None:
        _compare(stored, client_parts)


def _compare(stored: Sequence[UploadPart], client_parts: Sequence[CompletedPart]) -> None:
    stored_etags = {part.number: part.etag for part in stored}
    client_etags = {part.number: part.etag.strip('"') for part in client_parts}
    numbers = sorted(stored_etags.keys() | client_etags.keys())
    differing = [number for number in numbers if stored_etags.get(number) != client_etags.get(number)]
    if differing:
        raise ConflictError(
            f"These parts are not the ones in storage: {_join(differing)}. Get the upload again and resend these parts.",
            code="parts_mismatch",
        )


def _join(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:MAX_PARTS]))
    return shown if len(numbers) <= MAX_PARTS else f"{shown} and {len(numbers) - MAX_PARTS} more"
