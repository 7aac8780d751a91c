"""A recording as an audio book (M4B): ranges of it are encoded one after the other and stored, then joined behind one head.

The encoding of a long recording takes longer than a function runs, so each range is an object of its own: the digest of what it
was made of, the sizes of its packets, the packets. Every run encodes those that are missing; when none is, every byte of the
book is known, and it is written like any other export.
"""

from __future__ import annotations

import hashlib
import sys
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise

from chalicelib.exports import claim_store
from chalicelib.exports.archive import literal_chunk
from chalicelib.exports.claim_store import SpeechExportClaim
from chalicelib.exports.content.recording import FrameRange, Recording
from chalicelib.exports.model import encoded_range_key
from chalicelib.platform import threads
from chalicelib.platform.aws import storage
from chalicelib.platform.aws.resumable_upload import ObjectPlan
from chalicelib.platform.aws.s3 import ObjectNotFoundError
from chalicelib.platform.db import database
from chalicelib.platform.errors import ContentTooLargeError
from chalicelib.speech.audio import aac, mp3, mp4
from chalicelib.speech.audio.id3 import AudioChapter

# 9.6 minutes: 4.6 MB, and 3 to 6 s of a function's share of a processor. A worker that dies loses no more.
RANGE_FRAMES = 1_500 * aac.GRID_FRAMES
MAX_CONCURRENT_READS = 8
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class _EncodedRange:
    """A range of the recording's frames as packets, and the object that has them."""

    key: str
    first_frame: int
    end_frame: int
    packet_count: int
    source: bytes  # the digest of its frames

    @property
    def header_bytes(self) -> int:
        return _DIGEST_BYTES + 2 * self.packet_count

    def read_sizes(self) -> array[int] | None:
        """Return the sizes of its packets; None while it is not encoded, or was from other sound."""
        try:
            header = storage.read_range(self.key, 0, self.header_bytes)
        except ObjectNotFoundError:
            return None
        if header[:_DIGEST_BYTES] != self.source:
            return None
        return _read_sizes(header[_DIGEST_BYTES:])


@dataclass(frozen=True, slots=True)
class _Packets:
    """The packets of an encoded range, as a chunk of the book."""

    key: str
    offset: int
    size: int

    def read(self) -> bytes:
        return storage.read_range(self.key, self.offset, self.offset + self.size)


def prepare(recording: Recording, claim: SpeechExportClaim, *, work_s: float) -> ObjectPlan | None:
    """Encode what is missing, and plan the book; None when time is up before everything is encoded. Safe to repeat.

    Raises ContentTooLargeError above 4 GB: 148 hours.
    """
    started = time.monotonic()
    frames = _frame_ranges(recording)
    ranges = list(_ranges(recording, frames, partial(encoded_range_key, claim.owner_id, claim.job_id, claim.id)))
    with threads.pool(MAX_CONCURRENT_READS) as readers:
        sizes = list(readers.map(_EncodedRange.read_sizes, ranges))
    for number, encoded_range in enumerate(ranges):
        if sizes[number] is None:
            sizes[number] = _encode(recording, frames, encoded_range)
            missing = sizes.count(None)
            _record(claim, encoded=len(sizes) - missing, total=len(sizes))
            if missing and time.monotonic() - started > work_s:
                return None
    return _plan(recording, ranges, [known for known in sizes if known is not None])


def _record(claim: SpeechExportClaim, *, encoded: int, total: int) -> None:
    with database.transaction(claim.owner_id) as connection:
        claim_store.record_encoded_ranges(connection, claim, encoded=encoded, total=total)


def _frame_ranges(recording: Recording) -> list[FrameRange]:
    return [frames for chapter in recording.chapters for frames in chapter.frame_ranges]


def _ranges(
    recording: Recording, frames: Sequence[FrameRange], key_of: Callable[[int], str]
) -> Iterator[_EncodedRange]:
    frame_count = _frame_count(frames)
    total_packets = aac.packet_count(frame_count)
    range_packets = RANGE_FRAMES // aac.GRID_FRAMES * aac.GRID_PACKETS
    for number, first in enumerate(range(0, frame_count, RANGE_FRAMES)):
        end = min(first + RANGE_FRAMES, frame_count)
        packets = range_packets if end < frame_count else total_packets - number * range_packets
        digest = hashlib.sha256(repr((aac.CODER, aac.BIT_RATE, packets)).encode())
        for part in _between(frames, *_with_surroundings(first, end, frame_count)):
            digest.update(repr((recording.checksums[part.segment.row.index], part.start, part.end)).encode())
        yield _EncodedRange(key_of(number), first, end, packets, digest.digest())


def _with_surroundings(first: int, end: int, frame_count: int) -> tuple[int, int]:
    """Return the frames to encode for a range: with those that warm the coders up, and that the encoder looks ahead to."""
    return max(0, first - aac.GRID_FRAMES), min(frame_count, end + aac.GRID_FRAMES)


def _encode(recording: Recording, frames: Sequence[FrameRange], encoded_range: _EncodedRange) -> array[int]:
    """Encode a range, store it, and return the sizes of its packets."""
    first, end = encoded_range.first_frame, encoded_range.end_frame
    start, stop = _with_surroundings(first, end, _frame_count(frames))
    parts = _between(frames, start, stop)
    with threads.pool(MAX_CONCURRENT_READS) as readers:
        contents = list(readers.map(lambda part: part.read(recording.checksums), parts))
    skip = (first - start) // aac.GRID_FRAMES * aac.GRID_PACKETS
    sizes, packets = aac.encode(_split(contents), skip=skip, count=encoded_range.packet_count)
    storage.put(encoded_range.key, encoded_range.source + _write_sizes(sizes) + packets, media_type="audio/aac")
    return sizes


def _split(contents: Sequence[bytes]) -> Iterator[bytes]:
    for content in contents:
        offsets = mp3.frame_offsets(content)
        for start, end in pairwise(offsets):
            yield content[start:end]


def _between(frames: Sequence[FrameRange], start: int, end: int) -> list[FrameRange]:
    """Return the parts of segments that have these frames of the recording."""
    position, parts = 0, []
    for frame_range in frames:
        count = frame_range.end - frame_range.start
        first, last = max(start - position, 0), min(end - position, count)
        if first < last:
            parts.append(FrameRange(frame_range.segment, frame_range.start + first, frame_range.start + last))
        position += count
    return parts


def _frame_count(frames: Sequence[FrameRange]) -> int:
    return sum(frame_range.end - frame_range.start for frame_range in frames)


def _plan(recording: Recording, ranges: Sequence[_EncodedRange], sizes: Sequence[array[int]]) -> ObjectPlan:
    all_sizes = array("H")
    for known in sizes:
        all_sizes.extend(known)
    starts_ms = list(accumulate((chapter.duration_ms for chapter in recording.chapters), initial=0))
    book = mp4.AudioBook(
        title=recording.title,
        album=recording.album,
        language=recording.language,
        chapters=[
            AudioChapter(chapter.title, start, start + chapter.duration_ms)
            for chapter, start in zip(recording.chapters, starts_ms, strict=False)
        ],
        duration_ms=mp3.duration_ms(ranges[-1].end_frame),
        sizes=all_sizes,
    )
    try:
        head = mp4.head(book)
    except ValueError:
        raise ContentTooLargeError(
            "The recording is too long for one audio book, which holds 4 GB. Export it as MP3 instead."
        ) from None
    chunks = [_Packets(part.key, part.header_bytes, sum(known)) for part, known in zip(ranges, sizes, strict=True)]
    digest = hashlib.sha256(head + b"".join(part.source for part in ranges)).hexdigest()
    return ObjectPlan([literal_chunk(head), *chunks], digest)


def _write_sizes(sizes: array[int]) -> bytes:
    ordered = sizes[:]
    if sys.byteorder == "little":
        ordered.byteswap()
    return ordered.tobytes()


def _read_sizes(content: bytes) -> array[int]:
    sizes = array("H", content)
    if sys.byteorder == "little":
        sizes.byteswap()
    return sizes
