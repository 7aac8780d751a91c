"""What of a reading can be heard already: the settled and cut segments from its beginning, without a gap."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from uuid import UUID

from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import NotFoundError
from chalicelib.speech import segment_store
from chalicelib.speech.audio import marks
from chalicelib.speech.audio.marks import Mark
from chalicelib.speech.model import JobStatus
from chalicelib.speech.playback import store, timeline
from chalicelib.speech.playback.store import Reading
from chalicelib.speech.playback.timeline import Placed
from chalicelib.speech.segment_store import SegmentRow
from chalicelib.speech.voices.model import Timing

GIVEN_UP = frozenset({JobStatus.CANCELLED, JobStatus.FAILED})


@dataclass(frozen=True, slots=True)
class Ready:
    """`segments` in order; `ended` when no more will come, `whole` when that is because they are all."""

    reading: Reading
    segments: Sequence[Placed]
    ended: bool
    whole: bool

    @property
    def duration_ms(self) -> int:
        return self.segments[-1].end_ms if self.segments else 0

    def at(self, ms: int) -> int:
        """The number of the segment that is heard at a time; how many there are for a time beyond them."""
        return next((number for number, each in enumerate(self.segments) if each.end_ms > ms), len(self.segments))


def digest(segment: Placed) -> str:
    """The name of a segment's cut: another one for other audio and for another place in the recording."""
    said = f"{segment.frames_before} {segment.part.frame_count} {segment.row.audio_key}"
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def settled(rows: Sequence[SegmentRow]) -> list[Placed]:
    """The segments from the beginning whose places are known: all before them are settled, too."""
    return timeline.place(list(takewhile(lambda row: row.status in timeline.SETTLED, rows)))


def uncut(rows: Sequence[SegmentRow], digests: Mapping[int, str]) -> list[Placed]:
    """The settled segments from the beginning that are not cut as they should be."""
    return [segment for segment in settled(rows) if digests.get(segment.row.index) != digest(segment)]


def of(reading: Reading, rows: Sequence[SegmentRow], digests: Mapping[int, str]) -> Ready:
    """What can be heard, from values."""
    known = settled(rows)
    cut = list(takewhile(lambda segment: digests.get(segment.row.index) == digest(segment), known))
    whole = bool(rows) and len(cut) == len(rows)
    given_up = reading.status in GIVEN_UP and len(cut) == len(known)
    return Ready(reading, cut, ended=whole or given_up, whole=whole)


def find(connection: Connection, job_id: UUID) -> Ready:
    """Raises NotFoundError, also for someone else's."""
    reading = get(connection, job_id)
    return of(reading, segment_store.of_job(connection, job_id), store.digests(connection, job_id))


def get(connection: Connection, job_id: UUID) -> Reading:
    reading = store.find(connection, job_id)
    if reading is None:
        raise NotFoundError(f"There is no speech job with the id {job_id}.")
    return reading


def words(connection: Connection, job_id: UUID, some: Sequence[Placed]) -> list[list[Mark]]:
    """The words of each of these segments, at their places in the whole recording and the whole text."""
    if not some:
        return []
    found = store.words(connection, job_id, first=some[0].row.index, last=some[-1].row.index)
    return [marks.shift(found.get(each.row.index, ()), ms=each.start_ms, text=each.row.text_start) for each in some]


def timing(connection: Connection, job_id: UUID, some: Sequence[Placed]) -> Timing:
    """`estimated` when the times of any word of these segments are."""
    if some and store.are_estimated(connection, job_id, first=some[0].row.index, last=some[-1].row.index):
        return "estimated"
    return "exact"
