"""OGG recordings (RFC 3533): pages with correct checksums from the first byte to the last, of Vorbis, Opus or FLAC."""

import mmap
import zlib
from dataclasses import dataclass
from pathlib import Path

from chalicelib.inspection.audio_video.duration import check_duration
from chalicelib.inspection.model import Findings, RejectedError
from chalicelib.platform import sandbox

MAX_STREAMS = 500  # one after another: recorded internet radio has one for each song
_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_NO_POSITION = 0xFFFFFFFFFFFFFFFF

REJECTED_CODECS = {
    b"\x80theora": "Theora video",
    b"BBCD": "Dirac video",
    b"OVP80": "VP8 video",
    b"Speex": "Speex",
    b"\x80kate": "subtitles",
    b"fishead": "a skeleton",
    b"\x01video": "video",
    b"PCM     ": "raw samples",
}


@dataclass(slots=True)
class _Stream:
    sample_rate: int
    skipped_samples: int
    samples: int = 0
    has_ended: bool = False


def examine(path: Path, media_type: str) -> Findings:
    """Check that pages of accepted streams fill the file, and measure their duration."""
    del media_type
    sandbox.step("walking its pages")
    streams: dict[int, _Stream] = {}
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = 0
        while at < len(data):
            header = data[at : at + 27]
            if len(header) < 27 or header[:5] != b"OggS\0":
                raise _malformed(f"it contains something else from byte {at:,} on")
            segment_table = data[at + 27 : at + 27 + header[26]]
            end = at + 27 + header[26] + sum(segment_table)
            if end > len(data) or len(segment_table) < header[26]:
                raise _malformed("it is not complete")
            page = data[at:end]
            if _checksum(page) != int.from_bytes(header[22:26], "little"):
                raise _malformed(f"the page at byte {at:,} has a wrong checksum")
            _add_page(streams, header, page[27 + header[26] :])
            at = end
    if not any(stream.samples for stream in streams.values()):
        raise _malformed("there is no sound in it")
    duration_s = sum(
        max(0, stream.samples - stream.skipped_samples) / stream.sample_rate for stream in streams.values()
    )
    return Findings(duration_ms=check_duration(round(duration_s * 1000)))


def _add_page(streams: dict[int, _Stream], header: bytes, body: bytes) -> None:
    serial = int.from_bytes(header[14:18], "little")
    if header[5] & 2:  # the first page of a stream
        if serial in streams or any(not stream.has_ended and stream.samples == 0 for stream in streams.values()):
            raise _malformed("several streams run at once")
        if len(streams) == MAX_STREAMS:
            raise RejectedError(
                "bomb", f"The recording has more than {MAX_STREAMS} streams. Split it and upload the parts."
            )
        streams[serial] = _open_stream(body)
        return
    if serial not in streams:
        raise _malformed("a page belongs to no stream")
    position = int.from_bytes(header[6:14], "little")
    if position not in (0, _NO_POSITION):
        streams[serial].samples = position
    streams[serial].has_ended = bool(header[5] & 4)


def _open_stream(body: bytes) -> _Stream:
    if body.startswith(b"\x01vorbis") and len(body) >= 30:
        return _stream(int.from_bytes(body[12:16], "little"))
    if body.startswith(b"OpusHead") and len(body) >= 19:
        return _stream(48_000, skipped_samples=int.from_bytes(body[10:12], "little"))
    if body.startswith(b"\x7fFLAC") and len(body) >= 51:
        return _stream(int.from_bytes(body[27:30], "big") >> 4)
    codec = next((label for start, label in REJECTED_CODECS.items() if body.startswith(start)), "an unknown format")
    raise RejectedError(
        "codec_not_allowed",
        f"The file contains {codec}; in OGG, only sound in Vorbis, Opus or FLAC is accepted. Convert it to one of them.",
    )


def _stream(sample_rate: int, *, skipped_samples: int = 0) -> _Stream:
    if not sample_rate:
        raise _malformed("it has no sample rate")
    return _Stream(sample_rate, skipped_samples)


def _checksum(page: bytes) -> int:
    """Return Ogg's CRC-32: zlib's with reversed bits, from 0 and without the final inversion."""
    without_checksum = page[:22] + bytes(4) + page[26:]
    mirrored = zlib.crc32(without_checksum.translate(_REVERSED_BITS), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)


def _malformed(damage: str) -> RejectedError:
    return RejectedError("malformed", f"The recording is damaged: {damage}. Export it again and upload that.")
