"""Where the segments of a reading stand in its recording, and their frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from chalicelib.platform.aws import storage
from chalicelib.speech.audio import mp3
from chalicelib.speech.segment_store import SegmentRow

GAP_MS = 500  # silence in place of what no provider would speak
FINISHED_STATUSES = frozenset({"done", "failed"})


class SegmentAudioMissingError(Exception):
    """The audio of a segment is gone, or not what its row says; joining it would spoil the recording."""

    def __init__(self, index: int) -> None:
        super().__init__(f"segment {index}")
        self.index = index


@dataclass(frozen=True, slots=True)
class PositionedSegment:
    """A segment, and how many frames stand before it."""

    row: SegmentRow
    part: mp3.Mp3Part
    frames_before: int

    @property
    def start_ms(self) -> int:
        return mp3.duration_ms(self.frames_before)

    @property
    def end_ms(self) -> int:
        return mp3.duration_ms(self.frames_before + self.part.frame_count)


def position_segments(rows: Sequence[SegmentRow]) -> list[PositionedSegment]:
    """Where each segment stands in the recording; a failed one is a moment of silence."""
    gap = mp3.silence(GAP_MS).part
    parts = [mp3.Mp3Part(row.frame_count or 0, row.audio_bytes or 0) if row.status == "done" else gap for row in rows]
    before = accumulate((part.frame_count for part in parts), initial=0)
    return [PositionedSegment(row, part, frames) for row, part, frames in zip(rows, parts, before, strict=False)]


def read_frames(segment: PositionedSegment) -> bytes:
    """The frames of a segment. Raises SegmentLostError when they are not what its row says."""
    if segment.row.status != "done":
        return mp3.silence(GAP_MS).frames
    content = storage.read_if_present(f"{segment.row.audio_key}.mp3")
    if content is None or len(content) != segment.part.byte_count:
        raise SegmentAudioMissingError(segment.row.index)
    return content
