"""WAV recordings: a RIFF file whose chunks fill it, with samples in one of the usual forms."""

import mmap
from pathlib import Path

from chalicelib.inspection.audio_video.duration import check_duration
from chalicelib.inspection.model import Findings, RejectedError
from chalicelib.platform import sandbox

MAX_CHUNKS = 1_000  # broadcast recordings with markers have dozens
CODECS = {1: "PCM", 2: "ADPCM", 3: "float", 6: "A-law", 7: "µ-law", 0x11: "IMA ADPCM", 0x31: "GSM"}
_EXTENSIBLE = 0xFFFE
_UNKNOWN_SIZE = (0, 0xFFFFFFFF)  # from writers that cannot go back, as when recording into a pipe


def examine(path: Path, media_type: str) -> Findings:
    """Check that the chunks fill the file, and measure the duration of the samples."""
    del media_type
    sandbox.step("walking its chunks")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        riff_bytes = _read_uint(data, 4, 4)
        if riff_bytes not in _UNKNOWN_SIZE and 8 + riff_bytes + riff_bytes % 2 < len(data) - 1:
            raise _malformed("other bytes follow its end")
        bytes_per_second = block_align = data_bytes = samples = sample_rate = 0
        at = 12
        for _ in range(MAX_CHUNKS):
            if at + 8 > len(data):
                break
            kind, length = data[at : at + 4], _read_uint(data, at + 4, 4)
            if kind == b"data" and length in _UNKNOWN_SIZE:
                length = len(data) - at - 8
            if at + 8 + length > len(data):
                raise _malformed("it is not complete")
            if not all(0x20 <= byte < 0x7F for byte in kind):
                raise _malformed("it contains something else")
            if kind == b"fmt ":
                bytes_per_second, block_align = _check_format(data, at + 8, length)
                sample_rate = _read_uint(data, at + 12, 4)
            if kind == b"fact" and length >= 4:  # samples of one channel, where blocks do not say it
                samples = _read_uint(data, at + 8, 4)
            if kind == b"data":
                data_bytes += length
            at += 8 + length + length % 2
        else:
            raise RejectedError(
                "bomb", f"The recording has more than {MAX_CHUNKS:,} parts. Export it again and upload that."
            )
        if len(data) - at > 1:
            raise _malformed("other bytes follow its end")
    if not bytes_per_second or data_bytes < max(1, block_align):
        raise _malformed("there is no sound in it")
    duration_ms = data_bytes * 1000 // bytes_per_second
    if samples and sample_rate:
        duration_ms = min(duration_ms, samples * 1000 // sample_rate)
    return Findings(duration_ms=check_duration(duration_ms))


def _check_format(data: mmap.mmap, at: int, length: int) -> tuple[int, int]:
    """Return bytes per second, and bytes per sample of all channels."""
    if length < 16:
        raise _malformed("its format description is damaged")
    codec = _read_uint(data, at, 2)
    if codec == _EXTENSIBLE and length >= 40:
        codec = _read_uint(data, at + 24, 2)
    if codec not in CODECS:
        raise RejectedError(
            "codec_not_allowed",
            f"The recording's format ({codec:#06x}) is not accepted. Export it as ordinary PCM and upload that.",
        )
    channels, bytes_per_second = _read_uint(data, at + 2, 2), _read_uint(data, at + 8, 4)
    block_align = _read_uint(data, at + 12, 2)
    if not channels or not bytes_per_second or not block_align:
        raise _malformed("its format description is damaged")
    return bytes_per_second, block_align


def _read_uint(data: mmap.mmap, at: int, size: int) -> int:
    if at + size > len(data):
        raise _malformed("it is not complete")
    return int.from_bytes(data[at : at + size], "little")


def _malformed(damage: str) -> RejectedError:
    return RejectedError("malformed", f"The recording is damaged: {damage}. Export it again and upload that.")
