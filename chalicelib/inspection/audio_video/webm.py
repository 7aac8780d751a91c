"""WebM (EBML, RFC 8794), examined element by element: tracks, codecs, duration; nothing encrypted or attached."""

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from chalicelib.inspection.audio_video.duration import check_duration
from chalicelib.inspection.audio_video.mp4 import MAX_SIDE, MAX_TRACKS
from chalicelib.inspection.model import Findings, RejectedError
from chalicelib.platform import sandbox

MAX_ELEMENTS = 1_000_000  # of one file; an hour of sound and pictures has 400,000
VIDEO_CODECS = {b"V_VP8", b"V_VP9", b"V_AV1"}
AUDIO_CODECS = {b"A_VORBIS", b"A_OPUS"}
TEXT_CODECS = {
    b"D_WEBVTT/SUBTITLES",
    b"D_WEBVTT/CAPTIONS",
    b"D_WEBVTT/DESCRIPTIONS",
    b"D_WEBVTT/METADATA",
    b"S_TEXT/WEBVTT",
}

_HEADER, _DOCTYPE, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x4282, 0x18538067, 0x1F43B675
_INFO, _TIMESTAMP_SCALE, _DURATION = 0x1549A966, 0x2AD7B1, 0x4489
_TRACKS, _TRACK, _CODEC, _VIDEO, _WIDTH, _HEIGHT = 0x1654AE6B, 0xAE, 0x86, 0xE0, 0xB0, 0xBA
_ENCODINGS, _ENCODING, _ENCRYPTION, _ATTACHMENTS = 0x6D80, 0x6240, 0x5035, 0x1941A469
_TIMESTAMP, _GROUP, _BLOCK, _SIMPLE_BLOCK = 0xE7, 0xA0, 0xA1, 0xA3
# In a segment: seek head, information, tracks, clusters, cues, chapters, tags, void, checksums, attachments.
_VOID, _CRC_32 = 0xEC, 0xBF
_IN_SEGMENT = {
    *(0x114D9B74, _INFO, _TRACKS, _CLUSTER, 0x1C53BB6B, 0x1043A770, 0x1254C367, _VOID, _CRC_32, _ATTACHMENTS)
}
_MASTER_ELEMENTS = {_HEADER, _SEGMENT, _CLUSTER, _INFO, _TRACKS, _TRACK, _VIDEO, _GROUP, _ENCODINGS, _ENCODING}


@dataclass(frozen=True, slots=True)
class _Element:
    path: tuple[int, ...]
    start: int
    end: int


@dataclass(slots=True)
class _VideoProperties:
    timestamp_scale: int = 1_000_000  # nanoseconds of one tick
    duration: float = 0.0  # ticks
    last_timestamp: int = 0  # ticks, of the latest block
    cluster_timestamp: int = 0  # ticks
    codecs: list[bytes] = field(default_factory=list)
    width: int = 0
    height: int = 0


def examine(path: Path, media_type: str) -> Findings:
    """Check that elements fill the file, and that its codecs are accepted ones. Browsers record sound alone as WebM too."""
    del media_type
    sandbox.step("walking its elements")
    video = _VideoProperties()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for element in _walk(data):
            _read_element(data, element, video)
    ticks = video.duration or video.last_timestamp
    duration_ms = check_duration(round(ticks * video.timestamp_scale / 1_000_000))
    if not VIDEO_CODECS.intersection(video.codecs):
        if not AUDIO_CODECS.intersection(video.codecs):
            raise _malformed("there is neither sound nor a picture in it")
        return Findings(duration_ms=duration_ms)
    if not (0 < video.width <= MAX_SIDE and 0 < video.height <= MAX_SIDE):
        raise _malformed(f"its pictures would be {video.width:,} × {video.height:,} pixels")
    return Findings(duration_ms=duration_ms, width=video.width, height=video.height)


def _walk(data: mmap.mmap) -> Iterator[_Element]:
    """Yield every element, outer before inner.

    An element of unknown size (live recordings) ends at the first element that cannot be inside it.
    """
    # (path, end) of the elements that enclose the current offset; None: of unknown size
    enclosing: list[tuple[tuple[int, ...], int | None]] = []
    at = count = 0
    while at < len(data):
        while enclosing and enclosing[-1][1] is not None and at >= (enclosing[-1][1] or 0):
            enclosing.pop()
        element_id, size_offset = _read_id(data, at)
        in_open_cluster = bool(enclosing) and enclosing[-1][0][-1] == _CLUSTER and enclosing[-1][1] is None
        if in_open_cluster and element_id in _IN_SEGMENT - {_VOID, _CRC_32}:
            enclosing.pop()
        path, limit = enclosing[-1] if enclosing else ((), None)
        size, start = _read_size(data, size_offset)
        if not path and element_id != (_HEADER if at == 0 else _SEGMENT):
            raise _malformed(f"it contains something else from byte {at:,} on")
        if path == (_SEGMENT,) and element_id not in _IN_SEGMENT:
            raise _malformed(f"it contains something else from byte {at:,} on")
        if size is None and element_id not in (_SEGMENT, _CLUSTER):
            raise _malformed("an element has no size")
        end = None if size is None else start + size
        if end is not None and end > min(len(data), limit or len(data)):
            raise _malformed("it is not complete")
        count += 1
        if count > MAX_ELEMENTS:
            raise RejectedError(
                "bomb", f"The video has more than {MAX_ELEMENTS:,} elements. Convert it again, or split it."
            )
        yield _Element((*path, element_id), start, len(data) if end is None else end)
        if element_id in _MASTER_ELEMENTS:
            enclosing.append(((*path, element_id), end))
            at = start
        else:
            at = end or len(data)


def _read_element(data: mmap.mmap, element: _Element, video: _VideoProperties) -> None:
    content = data[element.start : min(element.end, element.start + 64)]
    match element.path:
        case (_, name) if name == _DOCTYPE and content.rstrip(b"\0") != b"webm":
            raise RejectedError("type_mismatch", "The file is a Matroska video, not WebM. Convert it to WebM or MP4.")
        case (_, name) if name == _ATTACHMENTS:
            raise RejectedError(
                "foreign_content", "The video has attached files. Export it without attachments and upload that."
            )
        case (_, _, name) if name == _TIMESTAMP_SCALE:
            video.timestamp_scale = int.from_bytes(content, "big")
        case (_, _, name) if name == _DURATION:
            video.duration = struct.unpack(">f" if len(content) == 4 else ">d", content)[0]
        case (_, _, _, name) if name == _CODEC:
            _add_codec(content, video)
        case (_, _, _, _, name) if name == _WIDTH:
            video.width = video.width or int.from_bytes(content, "big")
        case (_, _, _, _, name) if name == _HEIGHT:
            video.height = video.height or int.from_bytes(content, "big")
        case (*_, name) if name == _ENCRYPTION:
            raise RejectedError("encrypted", "The video has copy protection (DRM). Upload one without it.")
        case (_, _, name) if name == _TIMESTAMP:
            video.cluster_timestamp = int.from_bytes(content, "big")
        case (*_, name) if name in (_SIMPLE_BLOCK, _BLOCK):
            _, at = _read_size(data, element.start)
            timestamp = video.cluster_timestamp + int.from_bytes(data[at : at + 2], "big", signed=True)
            video.last_timestamp = max(video.last_timestamp, timestamp)


def _add_codec(content: bytes, video: _VideoProperties) -> None:
    codec = content.rstrip(b"\0")
    if codec not in VIDEO_CODECS | AUDIO_CODECS | TEXT_CODECS:
        raise RejectedError(
            "codec_not_allowed",
            f"The video contains a track in a format that WebM does not allow ({codec[:40].decode('ascii', 'replace')!r}). "
            "Convert it to VP9 or AV1 with Opus sound.",
        )
    video.codecs.append(codec)
    if len(video.codecs) > MAX_TRACKS:
        raise RejectedError("bomb", f"The video has more than {MAX_TRACKS} tracks. Export it with fewer.")


def _read_id(data: mmap.mmap, at: int) -> tuple[int, int]:
    """Return an element's id with its length marker, and the offset of its size."""
    first = data[at]
    length = 9 - first.bit_length()
    if length > 4 or at + length > len(data):
        raise _malformed(f"it contains something else from byte {at:,} on")
    return int.from_bytes(data[at : at + length], "big"), at + length


def _read_size(data: mmap.mmap, at: int) -> tuple[int | None, int]:
    """Return an element's size (None: unknown), and the offset of its content."""
    if at >= len(data) or data[at] == 0:
        raise _malformed("it is not complete")
    length = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + length], "big") & (1 << 7 * length) - 1
    return None if value == (1 << 7 * length) - 1 else value, at + length


def _malformed(damage: str) -> RejectedError:
    return RejectedError("malformed", f"The video is damaged: {damage}. Export it again and upload that.")
