"""AAC as it comes from streams and recorders: ADTS frames (ISO/IEC 13818-7), one after another."""

import mmap
from pathlib import Path

from chalicelib.inspection.audio_video import mpeg
from chalicelib.inspection.audio_video.mp4 import check_duration
from chalicelib.inspection.model import Findings, RejectedError
from chalicelib.platform import sandbox

MIN_FRAMES = 3  # less than 0.1 s; in random bytes three frames in a row do not turn up
_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)


def examine(path: Path, media_type: str) -> Findings:
    """Whether frames fill the file between its tags, and how long they are."""
    del media_type
    sandbox.step("walking its frames")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = mpeg.skip_leading_tags(data)
        end = mpeg.find_audio_end(data, at)
        frames = 0
        seconds = 0.0
        while at < end:
            head = data[at : at + 7]
            size = _size(head)
            if not size or (at + size > end and frames < MIN_FRAMES):
                raise RejectedError(
                    "malformed",
                    f"The recording is damaged, or holds something else (from byte {at:,} on there is no AAC sound). "
                    "Export it again and upload that.",
                )
            frames += 1
            seconds += 1024 * ((head[6] & 3) + 1) / _RATES[head[2] >> 2 & 15]
            at += size
    if frames < MIN_FRAMES:
        raise RejectedError("malformed", "There is no AAC sound in the file. Export it again and upload that.")
    return Findings(duration_ms=check_duration(round(seconds * 1000)))


def _size(head: bytes) -> int:
    """Bytes of the frame that begins so, or 0."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 >= len(_RATES):
        return 0
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return size if size > 7 else 0
