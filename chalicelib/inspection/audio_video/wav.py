"""WAV: a RIFF file whose chunks fill it, with samples in one of the usual forms."""

import mmap
from pathlib import Path

from chalicelib.inspection.audio_video.mp4 import check_duration
from chalicelib.inspection.model import Findings, RejectedError
from chalicelib.platform import sandbox

MAX_CHUNKS = 1_000  # broadcast recordings with markers have dozens
CODECS = {1: "PCM", 2: "ADPCM", 3: "float", 6: "A-law", 7: "µ-law", 0x11: "IMA ADPCM", 0x31: "GSM"}
_EXTENSIBLE = 0xFFFE
_UNKNOWN_SIZE = (0, 0xFFFFFFFF)  # what writers put that cannot go back, as when recording into a pipe


def examine(path: Path, media_type: str) -> Findings:
    """Whether the chunks fill the file, and how long the samples last."""
    del media_type
    sandbox.step("walking its chunks")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        size = _number(data, 4, 4)
        if size not in _UNKNOWN_SIZE and 8 + size + size % 2 < len(data) - 1:
            raise _refused("bytes follow its end")
        rate = align = samples_bytes = samples = per_second = 0
        at = 12
        for _ in range(MAX_CHUNKS):
            if at + 8 > len(data):
                break
            kind, length = data[at : at + 4], _number(data, at + 4, 4)
            if kind == b"data" and length in _UNKNOWN_SIZE:
                length = len(data) - at - 8
            if at + 8 + length > len(data):
                raise _refused("it is not complete")
            if not all(0x20 <= letter < 0x7F for letter in kind):
                raise _refused("something else is in it")
            if kind == b"fmt ":
                rate, align = _check_format(data, at + 8, length)
                per_second = _number(data, at + 12, 4)
            if kind == b"fact" and length >= 4:  # samples of one channel, where blocks do not say it
                samples = _number(data, at + 8, 4)
            if kind == b"data":
                samples_bytes += length
            at += 8 + length + length % 2
        else:
            raise RejectedError("bomb", f"The recording has more than {MAX_CHUNKS:,} parts. Export it again.")
        if len(data) - at > 1:
            raise _refused("bytes follow its end")
    if not rate or samples_bytes < max(1, align):
        raise _refused("there is no sound in it")
    length_ms = samples_bytes * 1000 // rate
    if samples and per_second:
        length_ms = min(length_ms, samples * 1000 // per_second)
    return Findings(duration_ms=check_duration(length_ms))


def _check_format(data: mmap.mmap, at: int, length: int) -> tuple[int, int]:
    """Bytes per second and per sample of all channels."""
    if length < 16:
        raise _refused("its description is damaged")
    codec = _number(data, at, 2)
    if codec == _EXTENSIBLE and length >= 40:
        codec = _number(data, at + 24, 2)
    if codec not in CODECS:
        raise RejectedError(
            "codec_not_allowed", f"The recording's format ({codec:#06x}) is not accepted. Export it as ordinary PCM."
        )
    channels, rate, align = _number(data, at + 2, 2), _number(data, at + 8, 4), _number(data, at + 12, 2)
    if not channels or not rate or not align:
        raise _refused("its description is damaged")
    return rate, align


def _number(data: mmap.mmap, at: int, size: int) -> int:
    if at + size > len(data):
        raise _refused("it is not complete")
    return int.from_bytes(data[at : at + size], "little")


def _refused(why: str) -> RejectedError:
    return RejectedError("malformed", f"The recording is damaged: {why}. Export it again and upload that.")
