"""MP4 and M4A, examined box by box: tracks, codecs and duration; nothing encrypted, nothing outside the file."""

import mmap
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from chalicelib.inspection.audio_video import isobmff
from chalicelib.inspection.audio_video.duration import check_duration
from chalicelib.inspection.audio_video.isobmff import Box, read_uint
from chalicelib.inspection.model import Findings, RejectedError
from chalicelib.platform import sandbox

MAX_SIDE = 16_384  # pixels of a video's side, twice 8K
MAX_TRACKS = 64  # films with a dozen languages and their subtitles have 40

VIDEO_CODECS = {b"avc1", b"avc3", b"hvc1", b"hev1", b"vp09", b"av01", b"mp4v"}
AUDIO_CODECS = {b"mp4a", b"alac", b"Opus", b"fLaC", b"ac-3", b"ec-3", b".mp3"}
COVER_CODECS = {b"jpeg", b"png "}  # chapter pictures of audiobooks
# Subtitles, chapters and clocks.
TEXT_CODECS = {b"text", b"tx3g", b"wvtt", b"stpp", b"c608", b"c708", b"mp4s", b"mebx", b"tmcd"}
HINT_CODECS = {b"rtp ", b"srtp", b"fdp "}  # advice for streaming servers; players pass over it
_ENCRYPTED = {b"encv", b"enca", b"enct", b"encs", b"drmi", b"drms", b"drmt"}


@dataclass(slots=True)
class _Track:
    handler: bytes = b""
    codecs: set[bytes] = field(default_factory=set)
    width: int = 0
    height: int = 0


def examine(path: Path, media_type: str) -> Findings:
    """Check that the file is a whole, unencrypted MP4: with video or sound alone, as audio/mp4 without video."""
    sandbox.step("walking its boxes")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        boxes = list(isobmff.walk(data))
        outer_kinds = [box.kind for box in boxes if len(box.path) == 1]
        if outer_kinds[0] != b"ftyp" or outer_kinds.count(b"moov") != 1:
            raise _malformed("it has no table of contents")
        if b"mdat" not in outer_kinds:
            raise _malformed("it has no content")
        if any(box.kind == b"pssh" for box in boxes):
            raise _encrypted()
        duration_ms = _duration_ms(data, boxes)
        tracks = _tracks(data, boxes)
    _check_codecs(tracks)
    video_tracks = [track for track in tracks if track.handler == b"vide" and not track.codecs <= COVER_CODECS]
    if media_type == "audio/mp4" and video_tracks:
        raise RejectedError("type_mismatch", "The file was declared as sound, but it is a video. Name it “….mp4”.")
    if not video_tracks:
        if not any(track.handler == b"soun" for track in tracks):
            raise _malformed("there is neither sound nor a picture in it")
        return Findings(duration_ms=duration_ms)
    width, height = video_tracks[0].width, video_tracks[0].height
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise _malformed(f"its pictures would be {width:,} × {height:,} pixels")
    return Findings(duration_ms=duration_ms, width=width, height=height)


def _duration_ms(data: mmap.mmap, boxes: Iterable[Box]) -> int | None:
    """Return None for a file in fragments without a total."""
    time_scale = duration = 0
    for box in boxes:
        if box.path == (b"moov", b"mvhd"):
            is_wide = data[box.start] == 1
            time_scale = read_uint(data, box.start + (20 if is_wide else 12), 4)
            duration = read_uint(data, box.start + (24 if is_wide else 16), 8 if is_wide else 4)
        elif box.path == (b"moov", b"mvex", b"mehd") and not duration:
            duration = read_uint(data, box.start + 4, 8 if data[box.start] == 1 else 4)
    if not time_scale:
        raise _malformed("it has no time scale")
    return check_duration(duration * 1000 // time_scale) if duration else None


def _tracks(data: mmap.mmap, boxes: Iterable[Box]) -> list[_Track]:
    tracks: list[_Track] = []
    for box in boxes:
        if box.path == (b"moov", b"trak"):
            if len(tracks) == MAX_TRACKS:
                raise RejectedError("bomb", f"The file has more than {MAX_TRACKS} tracks. Export it with fewer.")
            tracks.append(_Track())
        elif box.path[:2] != (b"moov", b"trak"):
            continue
        elif box.kind == b"tkhd":
            at = box.start + (88 if data[box.start] == 1 else 76)
            width, height = read_uint(data, at, 4) >> 16, read_uint(data, at + 4, 4) >> 16
            is_rotated = not read_uint(data, at - 36, 4) and read_uint(data, at - 32, 4)  # by 90°, in the matrix
            tracks[-1].width, tracks[-1].height = (height, width) if is_rotated else (width, height)
        elif box.kind == b"hdlr" and not tracks[-1].handler:
            tracks[-1].handler = data[box.start + 8 : box.start + 12]
        elif box.kind == b"stsd":
            tracks[-1].codecs |= {entry.kind for entry in isobmff.children(data, box, 8)}
        elif box.kind == b"dref":
            _check_references(data, box)
    return tracks


def _check_references(data: mmap.mmap, box: Box) -> None:
    for entry in isobmff.children(data, box, 8):
        if not read_uint(data, entry.start, 4) & 1:
            raise RejectedError(
                "external_content",
                "The recording takes its content from another file. Export all of it in one file and upload that.",
            )


def _check_codecs(tracks: list[_Track]) -> None:
    allowed = {b"vide": VIDEO_CODECS | COVER_CODECS, b"soun": AUDIO_CODECS, b"hint": HINT_CODECS}
    for track in tracks:
        if track.codecs & _ENCRYPTED:
            raise _encrypted()
        rejected = track.codecs - allowed.get(track.handler, TEXT_CODECS)
        if rejected or not track.codecs:
            name = sorted(rejected)[0].decode("ascii", "replace") if rejected else "none"
            raise RejectedError(
                "codec_not_allowed",
                f"The file contains a track in a format that is not accepted (“{name}”). "
                "Convert it to H.264 or AV1 video and AAC sound.",
            )


def _encrypted() -> RejectedError:
    return RejectedError("encrypted", "The recording has copy protection (DRM). Upload one without it.")


def _malformed(damage: str) -> RejectedError:
    return RejectedError("malformed", f"The file is not a complete MP4: {damage}. Export it again and upload that.")
