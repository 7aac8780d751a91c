"""AAC recordings from streams and recorders: ADTS frames (ISO/IEC 13818-7), one after another."""

import mmap
from pathlib import Path

from chalicelib.inspection.audio_video import audio_tags
from chalicelib.inspection.audio_video.duration import check_duration
from chalicelib.inspection.model import Findings, RejectedError
from chalicelib.platform import sandbox

MIN_FRAMES = 3  # less than 0.1 s; three frames in a row do not occur in random bytes
_SAMPLE_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)


def examine(path: Path, media_type: str) -> Findings:
    """Check that frames fill the file between its tags, and measure their duration."""
    del media_type
    sandbox.step("walking its frames")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = audio_tags.skip_leading_tags(data)
        end = audio_tags.find_audio_end(data, at)
        frame_count = 0
        duration_s = 0.0
        while at < end:
            header = data[at : at + 7]
            length = _frame_length(header)
            if not length or (at + length > end and frame_count < MIN_FRAMES):
                raise RejectedError(
                    "malformed",
                    f"The recording is damaged, or contains something else (from byte {at:,} on there is no AAC sound). "
                    "Export it again and upload that.",
                )
            frame_count += 1
            duration_s += 1024 * ((header[6] & 3) + 1) / _SAMPLE_RATES[header[2] >> 2 & 15]
            at += length
    if frame_count < MIN_FRAMES:
        raise RejectedError("malformed", "There is no AAC sound in the file. Export it again and upload that.")
    return Findings(duration_ms=check_duration(round(duration_s * 1000)))


def _frame_length(header: bytes) -> int:
    """Return the length in bytes of the frame with this header, or 0."""
    is_adts = len(header) == 7 and header[0] == 0xFF and header[1] & 0xF6 == 0xF0
    if not is_adts or header[2] >> 2 & 15 >= len(_SAMPLE_RATES):
        return 0
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length if length > 7 else 0
