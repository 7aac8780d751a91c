"""ID3v2 tags that we write: a finished file's title, album and chapters, an HLS segment's timestamp."""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.formats.id3 import write_synchsafe

MAX_CHAPTERS = 255  # CTOC counts its entries in one byte
FRONT_COVER = 3  # a type of picture


# ID3 wants ISO 639-2, the rest of the world writes ISO 639-1: pairs of the latter and the former.
_LANGUAGES = (
    "af afr, am amh, ar ara, as asm, az aze, be bel, bg bul, bn ben, bs bos, ca cat, cs ces, cy cym, da dan, "
    "de deu, el ell, en eng, eo epo, es spa, et est, eu eus, fa fas, fi fin, fr fra, ga gle, gd gla, gl glg, "
    "gu guj, he heb, hi hin, hr hrv, hu hun, hy hye, id ind, is isl, it ita, ja jpn, jv jav, ka kat, kk kaz, "
    "km khm, kn kan, ko kor, la lat, lb ltz, lo lao, lt lit, lv lav, mi mri, mk mkd, ml mal, mn mon, mr mar, "
    "ms msa, mt mlt, my mya, nb nob, ne nep, nl nld, nn nno, no nor, pa pan, pl pol, ps pus, pt por, ro ron, "
    "ru rus, sd snd, si sin, sk slk, sl slv, so som, sq sqi, sr srp, su sun, sv swe, sw swa, ta tam, te tel, "
    "th tha, tl tgl, tr tur, uk ukr, ur urd, uz uzb, vi vie, xh xho, yi yid, yo yor, zh zho, zu zul"
)
_ISO_639_2 = dict(re.findall(r"(\w{2}) (\w{3})", _LANGUAGES))


@dataclass(frozen=True, slots=True)
class Album:
    """Tags that files of one document have in common. `cover` is a JPEG, or empty."""

    title: str
    artists: Sequence[str] = ()
    publisher: str | None = None
    year: str | None = None
    series: str | None = None
    series_index: float | None = None
    cover: bytes = b""


class Track(NamedTuple):
    """The position of a file in its album, from 1."""

    number: int
    total: int


class AudioChapter(NamedTuple):
    title: str
    start_ms: int
    end_ms: int


def tag(
    title: str,
    chapters: Sequence[AudioChapter] = (),
    *,
    language: str = "",
    album: Album | None = None,
    track: Track | None = None,
) -> bytes:
    """Build an ID3v2.3 tag with the title, the album and any chapters (CTOC and CHAP, id3v2-chapters-1.0).

    `language` is BCP 47; one without an ID3 code is left out. The 255th chapter includes all that follow it.
    """
    entries = list(chapters[:MAX_CHAPTERS])
    if len(chapters) > MAX_CHAPTERS:
        entries[-1] = entries[-1]._replace(end_ms=chapters[-1].end_ms)
    ids = [b"chapter%d\0" % number for number in range(1, len(entries) + 1)]
    frames = _frame(b"TIT2", _text(title))
    code = iso_639_2(language)
    if code:
        frames += _frame(b"TLAN", b"\0" + code.encode())
    if track is not None:
        frames += _frame(b"TRCK", b"\0" + f"{track.number}/{track.total}".encode())
    if album is not None:
        frames += _album_frames(album)
    if entries:
        frames += _frame(b"CTOC", b"toc\0" + bytes((0b11, len(ids))) + b"".join(ids))  # top level, in order
    for name, chapter in zip(ids, entries, strict=True):
        # times in ms; the two byte offsets are unused
        times = struct.pack(">IIII", chapter.start_ms, chapter.end_ms, 0xFFFFFFFF, 0xFFFFFFFF)
        frames += _frame(b"CHAP", name + times + _frame(b"TIT2", _text(chapter.title)))
    return b"ID3\x03\0\0" + write_synchsafe(len(frames)) + frames


def _album_frames(album: Album) -> bytes:
    artists = ", ".join(album.artists)
    texts = {b"TALB": album.title, b"TPE1": artists, b"TPE2": artists, b"TPUB": album.publisher, b"TYER": album.year}
    frames = b"".join(_frame(name, _text(text)) for name, text in texts.items() if text)
    if album.series:
        index = "" if album.series_index is None else f"{album.series_index:g}"
        named = {"SERIES": album.series, "SERIES-PART": index}  # as programs for audio books call them
        frames += b"".join(_frame(b"TXXX", _named_text(name, text)) for name, text in named.items() if text)
    if album.cover:
        frames += _frame(b"APIC", b"\0image/jpeg\0" + bytes((FRONT_COVER,)) + b"\0" + album.cover)
    return frames


def iso_639_2(language: str) -> str | None:
    """Return the three letters for a language tag (BCP 47); None for an unknown one."""
    code = language.lower().partition("-")[0]
    return code if code in _ISO_639_2.values() else _ISO_639_2.get(code)


def timestamp_tag(start_ms: int) -> bytes:
    """Build the PRIV tag of an HLS segment: its start at 90 kHz (RFC 8216, 3.4)."""
    ticks = start_ms * 90 % 2**33
    body = b"com.apple.streaming.transportStreamTimestamp\0" + struct.pack(">Q", ticks)
    frame = b"PRIV" + write_synchsafe(len(body)) + b"\0\0" + body
    return b"ID3\x04\0\0" + write_synchsafe(len(frame)) + frame


def _frame(name: bytes, body: bytes) -> bytes:
    return name + struct.pack(">IH", len(body), 0) + body


def _text(text: str) -> bytes:
    return b"\x01" + text.replace("\0", " ").encode("utf-16", "replace")


def _named_text(name: str, text: str) -> bytes:
    return b"\x01" + name.encode("utf-16") + b"\0\0" + _text(text)[1:]
