"""MP3 recordings: frame after frame of MPEG Layer III, between bounded tags."""

import mmap
import re
from pathlib import Path

from chalicelib.formats import mpeg_frames
from chalicelib.inspection.audio_video import audio_tags
from chalicelib.inspection.audio_video.duration import check_duration
from chalicelib.inspection.model import Findings, RejectedError
from chalicelib.platform import sandbox

MAX_GAPS = 8  # offsets at which a frame is missing; a recording cut from a stream has one or two
MAX_GAP_BYTES = 8_192  # before the next frame; a longer gap is other content
MIN_FRAMES = 3  # less than 0.1 s; three frames in a row do not occur in random bytes

_SYNC = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")
_INFO_FRAME_NAMES = (b"Xing", b"Info", b"VBRI")


def examine(path: Path, media_type: str) -> Findings:
    """Check that frames fill the file between its tags, and measure their duration."""
    del media_type
    sandbox.step("walking its frames")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = audio_tags.skip_leading_tags(data)
        end = audio_tags.find_audio_end(data, start)
        return Findings(duration_ms=check_duration(round(_duration_s(data, start, end) * 1000)))


def _duration_s(data: mmap.mmap, at: int, end: int) -> float:
    frame_count = gap_count = 0
    samples_by_rate: dict[int, int] = {}
    while at < end:
        frame = mpeg_frames.parse_header(data[at : at + 4])
        # Fewer than 4 bytes behind the last frame are no gap.
        if frame is None or (end - at - frame.length >= 4 and not _SYNC.match(data, at + frame.length)):
            gap_count += 1
            next_frame = _find_next_frame(data, at + 1, end)
            if next_frame < 0 and frame_count >= MIN_FRAMES and end - at <= MAX_GAP_BYTES:
                break  # the end of a recording that was cut off
            if gap_count > MAX_GAPS or next_frame < 0:
                raise RejectedError(
                    "malformed",
                    f"The recording is damaged, or contains something else (from byte {at:,} on there is no sound). "
                    "Export it again and upload that.",
                )
            at = next_frame
            continue
        frame_count += 1
        # The first frame of many recordings contains a table instead of sound: players do not count it.
        if not (frame_count == 1 and any(name in data[at : at + 64] for name in _INFO_FRAME_NAMES)):
            samples_by_rate[frame.sample_rate] = samples_by_rate.get(frame.sample_rate, 0) + frame.samples
        at += frame.length
    if frame_count < MIN_FRAMES:
        raise RejectedError("malformed", "There is no MP3 sound in the file. Export it again and upload that.")
    return sum(samples / sample_rate for sample_rate, samples in samples_by_rate.items())


def _find_next_frame(data: mmap.mmap, at: int, end: int) -> int:
    """Return the offset of the next two whole frames in a row, or -1."""
    for match in _SYNC.finditer(data, at, min(end, at + MAX_GAP_BYTES)):
        start = match.start()
        frame = mpeg_frames.parse_header(data[start : start + 4])
        if frame is not None and mpeg_frames.parse_header(data[start + frame.length : start + frame.length + 4]):
            return start
    return -1
