"""WebM by a walk through its elements (EBML, RFC 8794): type, tracks, codecs, length; nothing encrypted or attached."""

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from chalicelib.inspection.audio_video.mp4 import MAX_SIDE, MAX_TRACKS, check_duration
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
_INFO, _SCALE, _DURATION = 0x1549A966, 0x2AD7B1, 0x4489
_TRACKS, _TRACK, _CODEC, _VIDEO, _WIDTH, _HEIGHT = 0x1654AE6B, 0xAE, 0x86, 0xE0, 0xB0, 0xBA
_ENCODINGS, _ENCODING, _ENCRYPTION, _ATTACHMENTS = 0x6D80, 0x6240, 0x5035, 0x1941A469
_TIME, _GROUP, _BLOCK, _SIMPLE = 0xE7, 0xA0, 0xA1, 0xA3
# In a segment: the list of places, information, tracks, clusters, cues, chapters, tags, nothing, checksums.
_IN_SEGMENT = {0x114D9B74, _INFO, _TRACKS, _CLUSTER, 0x1C53BB6B, 0x1043A770, 0x1254C367, 0xEC, 0xBF, _ATTACHMENTS}
_FOLDERS = {_HEADER, _SEGMENT, _CLUSTER, _INFO, _TRACKS, _TRACK, _VIDEO, _GROUP, _ENCODINGS, _ENCODING}


@dataclass(frozen=True, slots=True)
class _Element:
    path: tuple[int, ...]
    start: int
    end: int


@dataclass(slots=True)
class _Facts:
    scale: int = 1_000_000  # nanoseconds of one tick
    duration: float = 0.0
    last: int = 0  # ticks at which the last block is shown
    cluster: int = 0
    codecs: list[bytes] = field(default_factory=list)
    width: int = 0
    height: int = 0


def examine(path: Path, media_type: str) -> Findings:
    """Whether the elements fill the file and hold VP8, VP9 or AV1 video, with Vorbis or Opus sound."""
    del media_type
    sandbox.step("walking its elements")
    facts = _Facts()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for element in _walk(data):
            _take(data, element, facts)
    if not VIDEO_CODECS.intersection(facts.codecs):
        raise RejectedError("type_mismatch", "The file was announced as a video, but has none in it.")
    if not (0 < facts.width <= MAX_SIDE and 0 < facts.height <= MAX_SIDE):
        raise _malformed(f"its pictures would be {facts.width:,} × {facts.height:,} pixels")
    ticks = facts.duration or facts.last
    return Findings(
        duration_ms=check_duration(round(ticks * facts.scale / 1_000_000)), width=facts.width, height=facts.height
    )


def _walk(data: mmap.mmap) -> Iterator[_Element]:
    """Every element, outer before inner. A size that is not known (live recordings) lasts until what cannot be inside."""
    # (path, end) of what encloses the present place; None: until something ends it
    around: list[tuple[tuple[int, ...], int | None]] = []
    at = count = 0
    while at < len(data):
        while around and around[-1][1] is not None and at >= (around[-1][1] or 0):
            around.pop()
        name, at_size = _name(data, at)
        if around and around[-1][0][-1] == _CLUSTER and around[-1][1] is None and name in _IN_SEGMENT - {0xEC, 0xBF}:
            around.pop()
        path, limit = around[-1] if around else ((), None)
        size, start = _size(data, at_size)
        if not path and name != (_HEADER if at == 0 else _SEGMENT):
            raise _malformed(f"from byte {at:,} on there is something else in it")
        if path == (_SEGMENT,) and name not in _IN_SEGMENT:
            raise _malformed(f"from byte {at:,} on there is something else in it")
        if size is None and name not in (_SEGMENT, _CLUSTER):
            raise _malformed("an element has no size")
        end = None if size is None else start + size
        if end is not None and end > min(len(data), limit or len(data)):
            raise _malformed("it is not complete")
        count += 1
        if count > MAX_ELEMENTS:
            raise RejectedError(
                "bomb", f"The video has more than {MAX_ELEMENTS:,} elements. Convert it again, or split it."
            )
        yield _Element((*path, name), start, len(data) if end is None else end)
        if name in _FOLDERS:
            around.append(((*path, name), end))
            at = start
        else:
            at = end or len(data)


def _take(data: mmap.mmap, element: _Element, facts: _Facts) -> None:
    content = data[element.start : min(element.end, element.start + 64)]
    match element.path:
        case (_, name) if name == _DOCTYPE and content.rstrip(b"\0") != b"webm":
            raise RejectedError("type_mismatch", "The file is a Matroska video, no WebM. Convert it to WebM or MP4.")
        case (_, name) if name == _ATTACHMENTS:
            raise RejectedError(
                "foreign_content", "The video has files attached to it. Upload one without attachments."
            )
        case (_, _, name) if name == _SCALE:
            facts.scale = int.from_bytes(content, "big")
        case (_, _, name) if name == _DURATION:
            facts.duration = struct.unpack(">f" if len(content) == 4 else ">d", content)[0]
        case (_, _, _, name) if name == _CODEC:
            _take_codec(content, facts)
        case (_, _, _, _, name) if name == _WIDTH:
            facts.width = facts.width or int.from_bytes(content, "big")
        case (_, _, _, _, name) if name == _HEIGHT:
            facts.height = facts.height or int.from_bytes(content, "big")
        case (*_, name) if name == _ENCRYPTION:
            raise RejectedError("encrypted", "The video is protected against copying. Upload one without protection.")
        case (_, _, name) if name == _TIME:
            facts.cluster = int.from_bytes(content, "big")
        case (*_, name) if name in (_SIMPLE, _BLOCK):
            _, at = _size(data, element.start)
            facts.last = max(facts.last, facts.cluster + int.from_bytes(data[at : at + 2], "big", signed=True))


def _take_codec(content: bytes, facts: _Facts) -> None:
    codec = content.rstrip(b"\0")
    if codec not in VIDEO_CODECS | AUDIO_CODECS | TEXT_CODECS:
        raise RejectedError(
            "codec_not_allowed",
            f"The video holds a track in a format that WebM does not have ({codec[:40].decode('ascii', 'replace')!r}). "
            "Convert it to VP9 or AV1 with Opus sound.",
        )
    facts.codecs.append(codec)
    if len(facts.codecs) > MAX_TRACKS:
        raise RejectedError("bomb", f"The video has more than {MAX_TRACKS} tracks. Export it with fewer.")


def _name(data: mmap.mmap, at: int) -> tuple[int, int]:
    """An element's name with its length marker, and where its size stands."""
    first = data[at]
    length = 9 - first.bit_length()
    if length > 4 or at + length > len(data):
        raise _malformed(f"from byte {at:,} on there is something else in it")
    return int.from_bytes(data[at : at + length], "big"), at + length


def _size(data: mmap.mmap, at: int) -> tuple[int | None, int]:
    """A size (None: not known), and where the content begins."""
    if at >= len(data) or data[at] == 0:
        raise _malformed("it is not complete")
    length = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + length], "big") & (1 << 7 * length) - 1
    return None if value == (1 << 7 * length) - 1 else value, at + length


def _malformed(why: str) -> RejectedError:
    return RejectedError("malformed", f"The video is damaged: {why}. Export it again and upload that.")
