"""Read the chapters of a recording, in the sandbox: ID3, MP4, and Vorbis comments. What is out of place counts as absent."""

import mmap
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from chalicelib.extraction import language
from chalicelib.formats import flac_blocks
from chalicelib.inspection.audio_video import audio_tags
from chalicelib.inspection.model import RejectedError
from chalicelib.metadata import id3_chapters, mp4_chapters, vorbis_comment
from chalicelib.metadata.read import CPU_S, MEMORY_BYTES, WALL_S
from chalicelib.metadata.settle import clean
from chalicelib.platform import sandbox
from chalicelib.platform.telemetry.observability import logger

MEDIA_TYPES = frozenset({"audio/mpeg", "audio/mp4", "audio/ogg", "audio/flac", "video/mp4"})
MAX_CHAPTERS = 2_000  # an audiobook in parts of a minute has 1,000
_COMMENT = re.compile(r"CHAPTER(\d{2,4})(NAME)?")
_TIME = re.compile(r"(\d{1,3}):(\d\d):(\d\d)(?:\.(\d{1,3}))?\d{0,6}")


@dataclass(frozen=True, slots=True)
class TimedChapter:
    """A chapter of a recording, until the next one starts. The title is empty if the file has none."""

    title: str
    start_ms: int


def read_in_sandbox(
    path: Path, media_type: str, duration_ms: int | None, *, wall_s: float = WALL_S
) -> list[TimedChapter]:
    """Return the chapters in order, none for other types and for a file whose chapters cannot be read."""
    if media_type not in MEDIA_TYPES:
        return []
    try:
        return sandbox.run(read, path, duration_ms, prepare=load, cpu_s=CPU_S, memory_bytes=MEMORY_BYTES, wall_s=wall_s)
    except sandbox.SandboxError as error:
        logger.warning("chapters not read", media_type=media_type, reason=str(error))
        return []


def load() -> None:
    """Load what reading chapters needs."""
    language.normalize("en")


def read(path: Path, duration_ms: int | None) -> list[TimedChapter]:
    """Read the chapters in this process: use `read_in_sandbox` unless the file is trusted."""
    sandbox.step("reading its chapters")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            found = list(_find(data))
        except RejectedError:  # damaged where it was not looked at before
            found = []
    return settle(found, duration_ms)


def settle(found: Iterable[tuple[str, int]], duration_ms: int | None) -> list[TimedChapter]:
    """Return chapters by their times, one at each, within the recording. A single one without a title says nothing."""
    by_start: dict[int, str] = {}
    for title, start_ms in found:
        if start_ms >= 0 and (duration_ms is None or start_ms < duration_ms):
            by_start[start_ms] = by_start.get(start_ms) or clean(title)
    chapters = [TimedChapter(by_start[start_ms], start_ms) for start_ms in sorted(by_start)[:MAX_CHAPTERS]]
    return [] if len(chapters) == 1 and not chapters[0].title else chapters


def _find(data: mmap.mmap) -> Iterator[tuple[str, int]]:
    head = data[:12]
    if head[4:8] == b"ftyp":
        yield from mp4_chapters.find(data)
    elif head[:4] == b"OggS":
        yield from _in_comments(vorbis_comment.read_ogg_packet(data))
    else:
        yield from id3_chapters.find(data)
        for kind, content in flac_blocks.list_blocks(data, audio_tags.skip_leading_tags(data)):
            if kind == flac_blocks.VORBIS_COMMENT:
                yield from _in_comments(content)


def _in_comments(content: bytes) -> Iterator[tuple[str, int]]:
    """Yield the chapters of Vorbis comments: CHAPTER001=00:00:10.000 and CHAPTER001NAME=…, as Xiph's wiki has them."""
    times: dict[str, int] = {}
    titles: dict[str, str] = {}
    for name, value in vorbis_comment.list_comments(content):
        comment = _COMMENT.fullmatch(name)
        if comment is None:
            continue
        if comment[2]:
            titles[comment[1]] = value
        elif time := _TIME.fullmatch(value.strip()):
            hours, minutes, seconds, fraction = time.groups(default="0")
            times[comment[1]] = ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(
                fraction.ljust(3, "0")
            )
    yield from ((titles.get(number, ""), start_ms) for number, start_ms in times.items())
