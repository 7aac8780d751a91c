"""OGG (RFC 3533): pages with right checksums from the first byte to the last, of Vorbis, Opus or FLAC streams only."""

import mmap
import zlib
from dataclasses import dataclass
from pathlib import Path

from chalicelib.inspection.audio_video.mp4 import check_duration
from chalicelib.inspection.model import Findings, RejectedError
from chalicelib.platform import sandbox

MAX_STREAMS = 500  # one after another, as internet radio is recorded: one for each song
_LAST_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
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
    rate: int
    skip: int
    samples: int = 0
    ended: bool = False


def examine(path: Path, media_type: str) -> Findings:
    """Whether the pages fill the file, what their streams are, and how long they last."""
    del media_type
    sandbox.step("walking its pages")
    streams: dict[int, _Stream] = {}
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = 0
        while at < len(data):
            head = data[at : at + 27]
            if len(head) < 27 or head[:5] != b"OggS\0":
                raise _malformed(f"from byte {at:,} on there is something else in it")
            table = data[at + 27 : at + 27 + head[26]]
            end = at + 27 + head[26] + sum(table)
            if end > len(data) or len(table) < head[26]:
                raise _malformed("it is not complete")
            page = data[at:end]
            if _checksum(page) != int.from_bytes(head[22:26], "little"):
                raise _malformed(f"the page at byte {at:,} is not what was written")
            _take(streams, head, page[27 + head[26] :])
            at = end
    if not any(stream.samples for stream in streams.values()):
        raise _malformed("there is no sound in it")
    seconds = sum(max(0, stream.samples - stream.skip) / stream.rate for stream in streams.values())
    return Findings(duration_ms=check_duration(round(seconds * 1000)))


def _take(streams: dict[int, _Stream], head: bytes, body: bytes) -> None:
    serial = int.from_bytes(head[14:18], "little")
    if head[5] & 2:  # the first page of a stream
        if serial in streams or any(not stream.ended and stream.samples == 0 for stream in streams.values()):
            raise _malformed("several streams run at once")
        if len(streams) == MAX_STREAMS:
            raise RejectedError("bomb", f"The recording has more than {MAX_STREAMS} streams. Split it.")
        streams[serial] = _open(body)
        return
    if serial not in streams:
        raise _malformed("a page belongs to no stream")
    position = int.from_bytes(head[6:14], "little")
    if position not in (0, _NO_POSITION):
        streams[serial].samples = position
    streams[serial].ended = bool(head[5] & 4)


def _open(body: bytes) -> _Stream:
    if body.startswith(b"\x01vorbis") and len(body) >= 30:
        return _with_rate(int.from_bytes(body[12:16], "little"), 0)
    if body.startswith(b"OpusHead") and len(body) >= 19:
        return _with_rate(48_000, int.from_bytes(body[10:12], "little"))
    if body.startswith(b"\x7fFLAC") and len(body) >= 51:
        return _with_rate(int.from_bytes(body[27:30], "big") >> 4, 0)
    name = next((label for start, label in REJECTED_CODECS.items() if body.startswith(start)), "an unknown format")
    raise RejectedError(
        "codec_not_allowed",
        f"The file holds {name}; of OGG, only sound in Vorbis, Opus or FLAC is accepted. Convert it to one of them.",
    )


def _with_rate(rate: int, skip: int) -> _Stream:
    if not rate:
        raise _malformed("it has no sample rate")
    return _Stream(rate, skip)


def _checksum(page: bytes) -> int:
    """Ogg's CRC-32 is zlib's with bits in the other order, from 0 and without the final inversion."""
    blank = page[:22] + bytes(4) + page[26:]
    mirrored = zlib.crc32(blank.translate(_LAST_BITS), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)


def _malformed(why: str) -> RejectedError:
    return RejectedError("malformed", f"The recording is damaged: {why}. Export it again and upload that.")
