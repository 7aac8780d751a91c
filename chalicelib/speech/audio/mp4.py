"""The head of an M4B file: an audio book in an MP4 container (ISO/IEC 14496-12 and 14496-14).

It has chapters twice, because players know one or the other: as a track of text (QuickTime File Format, "Chapter Lists"), and as
a list (`chpl`, of Nero). Tags are those of iTunes. Everything stands before the first packet, so a player starts at once.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from chalicelib.speech.audio import aac
from chalicelib.speech.audio.id3 import Album, AudioChapter, iso_639_2
from chalicelib.speech.audio.mp3 import SPEECH_FORMAT

SAMPLE_RATE = SPEECH_FORMAT.sample_rate
TIMESCALE = 1_000  # of the book and its chapters: every frame of a recording takes 24 ms
CHUNK_PACKETS = 450  # 19 s, which a player reads at once
MAX_LISTED_CHAPTERS = 255  # the list counts them in one byte
MAX_BYTES = 2**32 - 1  # offsets have 32 bits, as players of all ages read them

_SIZES_AT_ONCE = 65_536
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_AUDIO_TRACK, _TEXT_TRACK = 1, 2
_UTF_8 = b"\0\0\0\x0cencd\0\0\x01\0"  # what the text of a chapter is written in
_AUDIO_BOOK = b"\x02"  # `stik`, the kind of media


@dataclass(frozen=True, slots=True)
class AudioBook:
    """Content of an audio book before its packets: `duration_ms` of the recording, `sizes` of the packets in bytes."""

    title: str
    album: Album
    language: str
    chapters: Sequence[AudioChapter]
    duration_ms: int
    sizes: array[int]


def head(book: AudioBook) -> bytes:
    """Return everything of the file before its first packet. Raises ValueError above MAX_BYTES."""
    texts = [_chapter_text(chapter) for chapter in book.chapters]
    audio_bytes = sum(book.sizes)
    if audio_bytes > MAX_BYTES:
        raise ValueError(f"{audio_bytes} bytes")
    brand = _box(b"ftyp", b"M4B \0\0\x02\0M4B M4A mp42isom")
    media_header = 8
    start = len(brand) + len(_movie(book, texts, 0)) + media_header
    size = start + sum(map(len, texts)) + audio_bytes
    if size > MAX_BYTES:
        raise ValueError(f"{size} bytes")
    media = struct.pack(">I4s", size - start + media_header, b"mdat")
    return b"".join((brand, _movie(book, texts, start), media, *texts))


def _movie(book: AudioBook, texts: Sequence[bytes], start: int) -> bytes:
    """Return the table of contents of a file whose first byte of media is at `start`."""
    has_chapters = bool(texts)
    times = struct.pack(">IIII", 0, 0, TIMESCALE, book.duration_ms)
    header = times + struct.pack(">IHHII", 0x10000, 0x100, 0, 0, 0) + _MATRIX + bytes(24) + struct.pack(">I", 3)
    tracks = [_audio_track(book, start + sum(map(len, texts)), has_chapters=has_chapters)]
    if has_chapters:
        tracks.append(_text_track(book, texts, start))
    return _box(b"moov", _full_box(b"mvhd", header), *tracks, _user_data(book))


def _audio_track(book: AudioBook, start: int, *, has_chapters: bool) -> bytes:
    count, whole_chunks = len(book.sizes), len(book.sizes) // CHUNK_PACKETS
    runs = [(1, CHUNK_PACKETS)] if whole_chunks else []
    if count % CHUNK_PACKETS:
        runs.append((whole_chunks + 1, count % CHUNK_PACKETS))
    chunk_sizes = (sum(book.sizes[at : at + CHUNK_PACKETS]) for at in range(0, count, CHUNK_PACKETS))
    offsets = list(accumulate(chunk_sizes, initial=start))[:-1]
    table = _box(
        b"stbl",
        _full_box(b"stsd", struct.pack(">I", 1), _audio_entry(book)),
        _full_box(b"stts", struct.pack(">III", 1, count, aac.PACKET_SAMPLES)),
        _full_box(b"stsc", struct.pack(">I", len(runs)), *(struct.pack(">III", *run, 1) for run in runs)),
        _full_box(b"stsz", struct.pack(">II", 0, count), *_sizes(book.sizes)),
        _full_box(b"stco", struct.pack(">I", len(offsets)), struct.pack(f">{len(offsets)}I", *offsets)),
        # Decoding a packet takes the one before it.
        _full_box(b"sgpd", struct.pack(">4sIIh", b"roll", 2, 1, -1), version=1),
        _full_box(b"sbgp", struct.pack(">4sIII", b"roll", 1, count, 1)),
    )
    edit = struct.pack(">IIiI", 1, book.duration_ms, aac.PRIMING_SAMPLES, 0x10000)
    parts = [_box(b"edts", _full_box(b"elst", edit))]
    if has_chapters:
        parts.append(_box(b"tref", _box(b"chap", struct.pack(">I", _TEXT_TRACK))))
    duration = count * aac.PACKET_SAMPLES
    media = _media(book, b"soun", SAMPLE_RATE, duration, _full_box(b"smhd", bytes(4)), table)
    return _track(_AUDIO_TRACK, book.duration_ms, 7, 0x100, *parts, media)


def _audio_entry(book: AudioBook) -> bytes:
    rate = max(1, sum(book.sizes) * 8_000 // max(book.duration_ms, 1))
    specific = _descriptor(5, aac.CONFIG)
    # MPEG-4 audio, an audio stream; a buffer of 6,144 bits, the largest packet of one channel
    config = _descriptor(4, b"\x40\x15" + (768).to_bytes(3, "big") + struct.pack(">II", aac.BIT_RATE, rate) + specific)
    stream = _full_box(b"esds", _descriptor(3, b"\0\0\0" + config + _descriptor(6, b"\x02")))
    fields = struct.pack(">6xH8xHHHHI", 1, SPEECH_FORMAT.channels, 16, 0, 0, SAMPLE_RATE << 16)
    return _box(b"mp4a", fields, stream)


def _text_track(book: AudioBook, texts: Sequence[bytes], start: int) -> bytes:
    starts = [0, *(chapter.start_ms for chapter in book.chapters[1:]), book.duration_ms]
    durations = [following - begin for begin, following in pairwise(starts)]
    offsets = list(accumulate(map(len, texts), initial=start))[:-1]
    count = struct.pack(">I", len(texts))
    # Black on white, in the default font: players show the text in a list of their own.
    style = struct.pack(">6xHIi6x8x8x4x6xB", 1, 1, 1, 0)
    table = _box(
        b"stbl",
        _full_box(b"stsd", struct.pack(">I", 1), _box(b"text", style)),
        _full_box(b"stts", count, *(struct.pack(">II", 1, duration) for duration in durations)),
        _full_box(b"stsc", struct.pack(">IIII", 1, 1, 1, 1)),
        _full_box(b"stsz", struct.pack(">I", 0), count, *(struct.pack(">I", len(text)) for text in texts)),
        _full_box(b"stco", count, *(struct.pack(">I", offset) for offset in offsets)),
    )
    description = _full_box(b"gmin", struct.pack(">HHHHhH", 0x40, 0x8000, 0x8000, 0x8000, 0, 0))
    header = _box(b"gmhd", description, _box(b"text", _MATRIX))
    media = _media(book, b"text", TIMESCALE, book.duration_ms, header, table)
    return _track(_TEXT_TRACK, book.duration_ms, 0, 0, media)


def _track(number: int, duration_ms: int, flags: int, volume: int, *parts: bytes) -> bytes:
    header = struct.pack(">IIIIIQhHHH", 0, 0, number, 0, duration_ms, 0, 0, 0, volume, 0) + _MATRIX + bytes(8)
    return _box(b"trak", _full_box(b"tkhd", header, flags=flags), *parts)


def _media(book: AudioBook, kind: bytes, timescale: int, duration: int, header: bytes, table: bytes) -> bytes:
    is_long = duration >= 2**32  # 49 hours of samples
    times = struct.pack(">QQIQ" if is_long else ">IIII", 0, 0, timescale, duration)
    times += struct.pack(">HH", _language(book.language), 0)
    handler = struct.pack(">I4s12x", 0, kind) + b"\0"
    here = _full_box(b"dref", struct.pack(">I", 1), _full_box(b"url ", flags=1))
    return _box(
        b"mdia",
        _full_box(b"mdhd", times, version=int(is_long)),
        _full_box(b"hdlr", handler),
        _box(b"minf", header, _box(b"dinf", here), table),
    )


def _user_data(book: AudioBook) -> bytes:
    tags = b"".join(_tags(book))
    handler = _full_box(b"hdlr", struct.pack(">I4s4s8x", 0, b"mdir", b"appl") + b"\0")
    listed = [
        struct.pack(">Q", chapter.start_ms * 10_000) + _counted(chapter.title)
        for chapter in book.chapters[:MAX_LISTED_CHAPTERS]
    ]
    chapters = _full_box(b"chpl", struct.pack(">IB", 0, len(listed)), *listed, version=1) if listed else b""
    return _box(b"udta", chapters, _full_box(b"meta", handler, _box(b"ilst", tags)))


def _tags(book: AudioBook) -> Iterator[bytes]:
    album = book.album
    artists = ", ".join(album.artists)
    texts = {
        b"\xa9nam": book.title,
        b"\xa9alb": album.title,
        b"\xa9ART": artists,
        b"aART": artists,
        b"\xa9pub": album.publisher,
        b"\xa9day": album.year,
        b"\xa9gen": "Audiobook",
    }
    for name, text in texts.items():
        if text:
            yield _box(name, _value(1, text.encode()))
    yield _box(b"stik", _value(21, _AUDIO_BOOK))
    if album.series:
        yield _named(b"SERIES", album.series)
        if album.series_index is not None:
            yield _named(b"SERIES-PART", f"{album.series_index:g}")
    if album.cover:
        yield _box(b"covr", _value(13, album.cover))


def _named(name: bytes, text: str) -> bytes:
    """Return a tag with a name of its own, as programs for audio books read them."""
    return _box(b"----", _full_box(b"mean", b"com.apple.iTunes"), _full_box(b"name", name), _value(1, text.encode()))


def _value(kind: int, content: bytes) -> bytes:
    return _box(b"data", struct.pack(">II", kind, 0), content)


def _chapter_text(chapter: AudioChapter) -> bytes:
    text = chapter.title.encode()[:65_535]
    return struct.pack(">H", len(text)) + text + _UTF_8


def _counted(text: str) -> bytes:
    content = text.encode()[:255].decode(errors="ignore").encode()
    return bytes((len(content),)) + content


def _language(language: str) -> int:
    """Return a language as the three letters of ISO 639-2 in 15 bits; `und` for an unknown one."""
    code = 0
    for letter in iso_639_2(language) or "und":
        code = code << 5 | ord(letter) - 0x60
    return code


def _sizes(sizes: array[int]) -> Iterator[bytes]:
    for at in range(0, len(sizes), _SIZES_AT_ONCE):
        some = sizes[at : at + _SIZES_AT_ONCE]
        yield struct.pack(f">{len(some)}I", *some)


def _descriptor(tag: int, content: bytes) -> bytes:
    """Return a descriptor of MPEG-4 systems (ISO/IEC 14496-1, 8.3.3), shorter than 128 bytes."""
    return bytes((tag, len(content))) + content


def _full_box(name: bytes, *content: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(name, struct.pack(">I", version << 24 | flags), *content)


def _box(name: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, name) + body
