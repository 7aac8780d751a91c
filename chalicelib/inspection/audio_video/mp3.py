"""MP3: frame after frame of MPEG layer III, between tags that are bounded and skipped."""

import mmap
import re
from pathlib import Path

from chalicelib.inspection.audio_video import mpeg
from chalicelib.inspection.audio_video.mp4 import check_duration
from chalicelib.inspection.model import Findings, RejectedError
from chalicelib.platform import sandbox

MAX_GAPS = 8  # places where a frame is missing; a recording cut from a stream has one or two
MAX_GAP_BYTES = 8_192  # before the next frame; longer is something else
MIN_FRAMES = 3  # less than 0.1 s; in random bytes three frames in a row do not turn up

_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_KBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SYNC = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")


def examine(path: Path, media_type: str) -> Findings:
    """Whether frames fill the file between its tags, and how long they are."""
    del media_type
    sandbox.step("walking its frames")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = mpeg.skip_leading_tags(data)
        end = mpeg.find_audio_end(data, start)
        return Findings(duration_ms=check_duration(round(_seconds(data, start, end) * 1000)))


def _seconds(data: mmap.mmap, at: int, end: int) -> float:
    frames = gaps = 0
    samples: dict[int, int] = {}
    while at < end:
        size, rate, count = _frame(data[at : at + 4])
        if not size or (at + size < end and not _SYNC.match(data, at + size)):
            if size and end - at - size < 4:  # a last few bytes of nothing
                pass
            else:
                gaps += 1
                following = _next(data, at + 1, end)
                if following < 0 and frames >= MIN_FRAMES and end - at <= MAX_GAP_BYTES:
                    break  # the end of a recording that was cut off
                if gaps > MAX_GAPS or following < 0:
                    raise RejectedError(
                        "malformed",
                        f"The recording is damaged, or holds something else (from byte {at:,} on there is no sound). "
                        "Export it again and upload that.",
                    )
                at = following
                continue
        frames += 1
        # The first frame of many recordings holds no sound but a table; it counts neither there nor in players.
        if not (frames == 1 and any(mark in data[at : at + 64] for mark in (b"Xing", b"Info", b"VBRI"))):
            samples[rate] = samples.get(rate, 0) + count
        at += size
    if frames < MIN_FRAMES:
        raise RejectedError("malformed", "There is no MP3 sound in the file. Export it again and upload that.")
    return sum(count / rate for rate, count in samples.items())


def _next(data: mmap.mmap, at: int, end: int) -> int:
    """The next place with two whole frames in a row, or -1."""
    for match in _SYNC.finditer(data, at, min(end, at + MAX_GAP_BYTES)):
        size, _, _ = _frame(data[match.start() : match.start() + 4])
        if size and _frame(data[match.start() + size : match.start() + size + 4])[0]:
            return match.start()
    return -1


def _frame(head: bytes) -> tuple[int, int, int]:
    """Bytes, samples per second and samples of the frame that begins so; zeros when none does."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0 or head[1] >> 1 & 3 != 1:
        return 0, 0, 0
    version, kbits, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or kbits in (0, 15) or rate == 3:
        return 0, 0, 0
    per_second = _RATES[version][rate]
    if version == 3:
        return 144_000 * _KBITS_1[kbits] // per_second + (head[2] >> 1 & 1), per_second, 1152
    return 72_000 * _KBITS_2[kbits] // per_second + (head[2] >> 1 & 1), per_second, 576
