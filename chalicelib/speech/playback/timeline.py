"""Timeline of a recording: the position of every segment in it, and the segments' frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from chalicelib.platform.aws import storage
from chalicelib.speech.audio import mp3
from chalicelib.speech.segment_store import SegmentRow

GAP_MS = 500  # silence in place of text that no provider would speak
FINISHED_STATUSES = frozenset({"done", "failed"})


class SegmentAudioMissingError(Exception):
    """A segment's audio is missing, or differs from its row; joining it would corrupt the recording."""

    def __init__(self, index: int) -> None:
        super().__init__(f"segment {index}")
        self.index = index


@dataclass(frozen=True, slots=True)
class PositionedSegment:
    """A segment, and the number of frames before it in the recording."""

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
    """Position each segment in the recording; a failed one is a gap of silence."""
    gap = mp3.silence(GAP_MS).part
    parts = [mp3.Mp3Part(row.frame_count or 0, row.audio_bytes or 0) if row.status == "done" else gap for row in rows]
    frames_before = accumulate((part.frame_count for part in parts), initial=0)
    return [PositionedSegment(row, part, count) for row, part, count in zip(rows, parts, frames_before, strict=False)]


def read_frames(segment: PositionedSegment) -> bytes:
    """Read a segment's frames. Raises SegmentAudioMissingError when they differ from its row."""
    if segment.row.status != "done":
        return mp3.silence(GAP_MS).frames
    frames = storage.read_if_present(f"{segment.row.audio_key}.mp3")
    if frames is None or len(frames) != segment.part.byte_count:
        raise SegmentAudioMissingError(segment.row.index)
    return frames
