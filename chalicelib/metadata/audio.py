"""Metadata of recordings: ID3, Vorbis comments, iTunes' list and RIFF's INFO.

The file was inspected before, so its tags are bounded. What is out of place counts as absent.
"""

import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path

from chalicelib.formats import flac_blocks
from chalicelib.inspection.audio_video import audio_tags, isobmff
from chalicelib.metadata import id3_text, vorbis_comment
from chalicelib.metadata.model import MetadataDraft

MAX_CHUNKS = 2_000  # of a WAV file, and of a list in it
MAX_VALUE_BYTES = 10_000  # of one tag; the rest would be cut off anyway

# Names of tags, by what they say. Tags whose name their program chose are in capitals, like Vorbis comments.
_TITLES = ("TITLE", "TIT2", "TT2", "©nam", "INAM")
_CREATORS = (
    *("ARTIST", "ARTISTS", "AUTHOR", "TPE1", "TP1", "©ART", "IART"),
    *("ALBUMARTIST", "ALBUM ARTIST", "TPE2", "TP2", "aART", "COMPOSER", "TCOM", "©wrt"),
)
_LANGUAGES = ("LANGUAGE", "TLAN", "TLA", "ILNG")
_PUBLISHERS = ("PUBLISHER", "ORGANIZATION", "LABEL", "TPUB", "TPB", "©pub", "IPUB")
_DATES = ("DATE", "RELEASETIME", "TDRL", "TDOR", "TDRC", "TORY", "TYER", "TYE", "YEAR", "©day", "ICRD")
# A series that is called so, then the work that a movement belongs to, then the album of a track.
_SERIES = (
    ("SERIES", ("SERIES-PART", "SERIES_INDEX", "SERIESINDEX", "PART")),
    ("MVNM", ("MVIN",)),
    ("©mvn", ("©mvi",)),
    ("ALBUM", ("TRACKNUMBER", "TRACK")),
    ("TALB", ("TRCK",)),
    ("TAL", ("TRK",)),
    ("©alb", ("trkn",)),
    ("IPRD", ("ITRK", "IPRT")),
)


def read(path: Path) -> MetadataDraft:
    """Return what the tags say. Raises RejectedError for an MP4 that is damaged."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        tags: dict[str, list[str]] = {}
        for name, value in _list_tags(data):
            tags.setdefault(name, []).append(value)

    def values(names: Sequence[str]) -> list[str]:
        return [value for name in names for value in tags.get(name, ())]

    return MetadataDraft(
        titles=values(_TITLES),
        creators=[tags.get(name, []) for name in _CREATORS],
        languages=values(_LANGUAGES),
        publishers=values(_PUBLISHERS),
        dates=values(_DATES),
        series=[
            (name, next(iter(values(positions)), "")) for kind, positions in _SERIES for name in tags.get(kind, ())
        ],
    )


def _list_tags(data: mmap.mmap) -> Iterator[tuple[str, str]]:
    head = data[:12]
    if head[4:8] == b"ftyp":
        yield from _itunes_tags(data)
    elif head[:4] == b"OggS":
        yield from vorbis_comment.list_comments(vorbis_comment.read_ogg_packet(data))
    elif head[:4] == b"RIFF":
        yield from _riff_tags(data)
    else:
        yield from id3_text.list_texts(data)
        for kind, content in flac_blocks.list_blocks(data, audio_tags.skip_leading_tags(data)):
            if kind == flac_blocks.VORBIS_COMMENT:
                yield from vorbis_comment.list_comments(content)
        yield from id3_text.list_version_1_texts(data[max(0, len(data) - id3_text.VERSION_1_BYTES) :])


def _itunes_tags(data: mmap.mmap) -> Iterator[tuple[str, str]]:
    for entry in isobmff.list_tags(data):
        fields = {box.kind: box for box in reversed(isobmff.children(data, entry, 0))}
        box = fields.get(b"data")
        if box is None:
            continue
        value = data[box.start + 8 : min(box.end, box.start + 8 + MAX_VALUE_BYTES)]  # behind its type and its locale
        if entry.kind == b"----" and b"name" in fields:  # a name that a program chose
            name = data[fields[b"name"].start + 4 : fields[b"name"].end][:100].decode(errors="replace").upper()
            yield name, value.decode(errors="replace")
        elif entry.kind in {b"trkn", b"\xa9mvi"}:
            yield entry.kind.decode("latin-1"), str(int.from_bytes(value[:4], "big"))
        else:
            yield entry.kind.decode("latin-1"), value.decode(errors="replace")


def _riff_tags(data: mmap.mmap) -> Iterator[tuple[str, str]]:
    for kind, start, end in _chunks(data, 12, len(data)):
        if kind == b"LIST" and data[start : start + 4] == b"INFO":
            for name, value_start, value_end in _chunks(data, start + 4, end):
                value = data[value_start : min(value_end, value_start + MAX_VALUE_BYTES)].rstrip(b"\0")
                yield name.decode("latin-1"), id3_text.decode_unmarked(value)
        elif kind.lower() == b"id3 ":
            yield from id3_text.list_texts(data[start : min(end, start + audio_tags.MAX_TAG_BYTES)])


def _chunks(data: mmap.mmap, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of the chunks there. A chunk of an odd size is followed by a zero."""
    for _ in range(MAX_CHUNKS):
        header = data[at : at + 8]
        if len(header) < 8 or at >= end:
            return
        start, size = at + 8, int.from_bytes(header[4:], "little")
        yield header[:4], start, min(start + size, end)
        at = start + size + size % 2
