"""MP4 and M4A by a walk through their boxes: tracks, codecs, length, nothing encrypted, nothing outside the file."""

import mmap
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from chalicelib.inspection.audio_video import boxes
from chalicelib.inspection.audio_video.boxes import Box, read_uint
from chalicelib.inspection.model import Findings, RejectedError
from chalicelib.platform import sandbox

MAX_DURATION_MS = 24 * 60 * 60 * 1000  # longer than any talk or audiobook file; a wrong scale shows here
MAX_SIDE = 16_384  # pixels of a video's side, twice 8K
MAX_TRACKS = 64  # films with a dozen languages and their subtitles have 40

VIDEO_CODECS = {b"avc1", b"avc3", b"hvc1", b"hev1", b"vp09", b"av01", b"mp4v"}
AUDIO_CODECS = {b"mp4a", b"alac", b"Opus", b"fLaC", b"ac-3", b"ec-3", b".mp3"}
COVER_CODECS = {b"jpeg", b"png "}  # chapter pictures of audiobooks
TEXT_CODECS = {
    b"text",
    b"tx3g",
    b"wvtt",
    b"stpp",
    b"c608",
    b"c708",
    b"mp4s",
    b"mebx",
    b"tmcd",
}  # subtitles, chapters, clocks
_ENCRYPTED = {b"encv", b"enca", b"enct", b"encs", b"drmi", b"drms", b"drmt"}


@dataclass(slots=True)
class _Track:
    handler: bytes = b""
    codecs: set[bytes] = field(default_factory=set)
    width: int = 0
    height: int = 0


def examine(path: Path, media_type: str) -> Findings:
    """Whether it is a whole, unencrypted MP4 with video (video/mp4), or with sound and no video (audio/mp4)."""
    sandbox.step("walking its boxes")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = list(boxes.walk(data))
        outer = [box.kind for box in found if len(box.path) == 1]
        if outer[0] != b"ftyp" or outer.count(b"moov") != 1:
            raise _malformed("it has no table of contents")
        if b"mdat" not in outer:
            raise _malformed("it has no content")
        if any(box.kind == b"pssh" for box in found):
            raise _encrypted()
        duration_ms = _duration_ms(data, found)
        tracks = _tracks(data, found)
    _check_codecs(tracks)
    shown = [track for track in tracks if track.handler == b"vide" and not track.codecs <= COVER_CODECS]
    heard = [track for track in tracks if track.handler == b"soun"]
    if media_type == "audio/mp4":
        if shown:
            raise RejectedError("type_mismatch", "The file was announced as sound, but it is a video. Name it “….mp4”.")
        if not heard:
            raise _malformed("there is no sound in it")
        return Findings(duration_ms=duration_ms)
    if not shown:
        raise RejectedError(
            "type_mismatch", "The file was announced as a video, but has none in it. If it is sound, name it “….m4a”."
        )
    width, height = shown[0].width, shown[0].height
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise _malformed(f"its pictures would be {width:,} × {height:,} pixels")
    return Findings(duration_ms=duration_ms, width=width, height=height)


def check_duration(duration_ms: int) -> int:
    """The length of a recording, if it is one that can be."""
    if duration_ms <= 0:
        raise RejectedError("malformed", "The recording has no length. Export it again and upload that.")
    if duration_ms > MAX_DURATION_MS:
        raise RejectedError("too_long", "The recording is longer than 24 hours. Split it and upload the parts.")
    return duration_ms


def _duration_ms(data: mmap.mmap, found: Iterable[Box]) -> int | None:
    """None for fragments that nobody counted."""
    scale = length = 0
    for box in found:
        if box.path == (b"moov", b"mvhd"):
            wide = data[box.start] == 1
            scale = read_uint(data, box.start + (20 if wide else 12), 4)
            length = read_uint(data, box.start + (24 if wide else 16), 8 if wide else 4)
        elif box.path == (b"moov", b"mvex", b"mehd") and not length:
            length = read_uint(data, box.start + 4, 8 if data[box.start] == 1 else 4)
    if not scale:
        raise _malformed("it has no clock")
    return check_duration(length * 1000 // scale) if length else None


def _tracks(data: mmap.mmap, found: Iterable[Box]) -> list[_Track]:
    tracks: list[_Track] = []
    for box in found:
        if box.path == (b"moov", b"trak"):
            if len(tracks) == MAX_TRACKS:
                raise RejectedError("bomb", f"The file has more than {MAX_TRACKS} tracks. Export it with fewer.")
            tracks.append(_Track())
        elif box.path[:2] != (b"moov", b"trak"):
            continue
        elif box.kind == b"tkhd":
            at = box.start + (88 if data[box.start] == 1 else 76)
            width, height = read_uint(data, at, 4) >> 16, read_uint(data, at + 4, 4) >> 16
            lies = not read_uint(data, at - 36, 4) and read_uint(data, at - 32, 4)  # the matrix turns it by a quarter
            tracks[-1].width, tracks[-1].height = (height, width) if lies else (width, height)
        elif box.kind == b"hdlr" and not tracks[-1].handler:
            tracks[-1].handler = data[box.start + 8 : box.start + 12]
        elif box.kind == b"stsd":
            tracks[-1].codecs |= {entry.kind for entry in boxes.children(data, box, 8)}
        elif box.kind == b"dref":
            _check_references(data, box)
    return tracks


def _check_references(data: mmap.mmap, box: Box) -> None:
    for entry in boxes.children(data, box, 8):
        if not read_uint(data, entry.start, 4) & 1:
            raise RejectedError(
                "external_content",
                "The recording takes its content from another place. Export it complete in one file.",
            )


def _check_codecs(tracks: list[_Track]) -> None:
    allowed = {b"vide": VIDEO_CODECS | COVER_CODECS, b"soun": AUDIO_CODECS}
    for track in tracks:
        if track.codecs & _ENCRYPTED:
            raise _encrypted()
        strange = track.codecs - allowed.get(track.handler, TEXT_CODECS)
        if strange or not track.codecs:
            name = sorted(strange)[0].decode("ascii", "replace") if strange else "none"
            raise RejectedError(
                "codec_not_allowed",
                f"The file holds a track in a format that is not accepted ({name!r}). "
                "Convert it to H.264 or AV1 video and AAC sound.",
            )


def _encrypted() -> RejectedError:
    return RejectedError("encrypted", "The recording is protected against copying. Upload one without protection.")


def _malformed(why: str) -> RejectedError:
    return RejectedError("malformed", f"The file is no complete MP4: {why}. Export it again and upload that.")
