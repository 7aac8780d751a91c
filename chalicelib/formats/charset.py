"""The character encoding of text and of HTML pages.

In this order: byte order mark, declaration, UTF-16 by its zeros, UTF-8 if all bytes fit it, and a guess by the letters.
"""

import codecs
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache

DECLARATION_WINDOW_BYTES = 4_096  # of the beginning of a page
SAMPLE_BYTES = 200_000  # for a guess
_DECLARATION = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*(?:[\"']\s*)?([\w.:-]{1,40})|<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w.:-]{1,40})",
    re.IGNORECASE,
)
_TAG = re.compile(rb"<[^<>]*>")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Encodings of Latin letters with accents. Western ones lead: they are by far the most frequent, and short texts fit several.
_WESTERN = ("cp1252", "iso8859-15")
_LATIN = (*_WESTERN, "cp1250", "iso8859-2", "cp1254", "cp1257")
_OTHER_SCRIPTS = (
    *("cp1251", "koi8-r", "koi8-u", "iso8859-5", "cp866", "cp1253", "iso8859-7", "cp1255", "cp1256", "cp874"),
    *("cp932", "euc_jis_2004", "gb18030", "big5hkscs", "cp949"),  # supersets of Shift_JIS, EUC-JP, GBK, Big5, EUC-KR
)
# Encodings that people use and browsers support (WHATWG Encoding, 4.2); the others serve to bypass filters.
ACCEPTED = frozenset({
    "utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", *_LATIN, *_OTHER_SCRIPTS,
    "iso8859-3", "iso8859-4", "iso8859-6", "iso8859-8", "iso8859-9", "iso8859-10", "iso8859-13", "iso8859-14",
    "iso8859-16", "cp1258", "mac-roman", "mac-cyrillic", "gb2312", "gbk", "shift_jis", "euc_jp", "big5", "euc_kr",
})  # fmt: skip
MIN_ACCENTED_SHARE = 0.3  # of the letters of a text in another script than Latin, which may quote Latin names
MAX_ACCENTED_SHARE = 0.4  # of the letters of a short Latin text
WESTERN_LEAD = 0.015  # by which another Latin encoding must be more likely than Windows-1252
MAX_TIE = 0.005  # between Windows-1250 and ISO-8859-2, which have most letters in common
MIN_ZEROS_SHARE = 0.02  # of UTF-16: every space and line end has one
MIN_ASCII_ZEROS_SHARE = 0.35  # of UTF-16 with little else than ASCII; with fewer they are binary data in other text
MAX_FOREIGN_SHARE = 0.2  # of bytes beyond ASCII in a text that has little else than ASCII
_FITS_CHUNK_BYTES = 1024 * 1024  # 100 MB as one string may take 400 MB
_CONTROL_BYTES = bytes((*range(1, 9), 11, *range(14, 32)))
_WINDOWS_BYTE = re.compile(rb"[\x80-\x9f]")  # letters and punctuation in Windows-125x, control characters in ISO-8859
_WINDOWS_PUNCTUATION = bytes((0x80, 0x85, *range(0x91, 0x98), 0xA0, 0xAB, 0xBB))  # € … ‘ ’ “ ” • – — « »
_PLAIN_CHARACTERS = frozenset(" \n\r\t.,;:!?-0123456789abcdefghijklmnopqrstuvwxyz、。")

_PLAIN_BYTES = frozenset(b"\t\n\f\r\xa0") | frozenset(range(0x20, 0x7F))
_UTF16 = frozenset({"utf-16-le", "utf-16-be"})
# Names of WHATWG Encoding, 4.2, that Python does not know, or knows as a narrower encoding.
_LABELS = {
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "windows-949": "cp949",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "x-euc-jp": "euc_jp",
    "x-gbk": "gbk",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-sjis": "shift_jis",
}
_SUPERSETS = {
    "big5": "big5hkscs",
    "euc_jp": "euc_jis_2004",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
}

# Declarations that valid UTF-8 refutes: text in these hardly ever fits it, and programs declare them by default.
_OVERRULED = _UTF16 | frozenset(_WESTERN)

# Names that people know, by codec.
_NAMES = {
    "big5hkscs": "Big5",
    "cp866": "IBM866",
    "cp932": "Shift_JIS",
    "cp949": "EUC-KR",
    "euc_jis_2004": "EUC-JP",
    "utf-16-be": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-8-sig": "UTF-8",
}


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec of Python, and whether it is a guess by the letters: with `is_contradicted`, against a declaration."""

    codec: str
    is_guess: bool = False
    is_contradicted: bool = False

    @property
    def is_utf8(self) -> bool:
        """True for UTF-8 with or without a byte order mark."""
        return self.codec in {"utf-8", "utf-8-sig"}

    @property
    def name(self) -> str:
        """The encoding's usual name: "Windows-1252", "UTF-8"."""
        if self.codec in _NAMES:
            return _NAMES[self.codec]
        return (
            re.sub("^CP", "WINDOWS-", self.codec.upper()).replace("WINDOWS", "Windows").replace("ISO8859", "ISO-8859")
        )


def text_encoding(content: bytes, *declared: str) -> Encoding | None:
    """Return the encoding of a text, of which `content` is all; None if a declared one is not accepted.

    `declared` are charsets, the most reliable first. One that the bytes contradict is passed over.
    """
    mark = bom_encoding(content)
    if mark is not None:
        return Encoding(mark)
    codecs_declared = [codec for name in declared if (codec := accepted_codec(name)) is not None]
    if len(codecs_declared) < len(declared):
        return None
    encoding = _fitting_encoding(content, codecs_declared) or Encoding(_guess(content), is_guess=True)
    return replace(encoding, is_contradicted=encoding.is_guess and bool(declared))


def chosen_codec(name: str) -> str | None:
    """Return the codec of an encoding that a user chose, if it is accepted: of some, the superset that programs write."""
    codec = accepted_codec(name)
    return _SUPERSETS.get(codec, codec) if codec is not None else None


def list_names() -> list[str]:
    """List the names of all encodings that are accepted."""
    return sorted({Encoding(_SUPERSETS.get(codec, codec)).name for codec in ACCEPTED}, key=str.lower)


def markup_encoding(content: bytes, *declared: str) -> Encoding | None:
    """Return the encoding of an HTML page; None if one that is declared, in it or for it, is not accepted."""
    return text_encoding(content, *declared, *_stated_charset(content))


def bom_encoding(content: bytes) -> str | None:
    """Return the codec that a byte order mark names, or None without a mark."""
    return next((codec for mark, codec in _BYTE_ORDER_MARKS if content.startswith(mark)), None)


def decode_markup(content: bytes) -> str:
    """Decode a page of HTML or XHTML without a guess. What fits no declared encoding is read as Windows-1252."""
    codec = bom_encoding(content)
    if codec is None:
        stated = [accepted for name in _stated_charset(content) if (accepted := accepted_codec(name)) is not None]
        encoding = _fitting_encoding(content, stated)
        codec = encoding.codec if encoding is not None else "cp1252"
    return content.decode(codec, "replace")


def decode_text(content: bytes) -> str:
    """Decode a text in UTF-8, or in UTF-16 with a byte order mark. What does not fit is replaced."""
    return content.decode(bom_encoding(content) or "utf-8", "replace")


@cache
def load_detector() -> None:
    """Load what guessing needs: the detector opens its files when it is first used, which the sandbox's child cannot."""
    for sample in ("Die Grüße der Füße, süß.", "L’été à la fenêtre où rêve l’élève."):
        _guess(sample.encode("cp1252"))
    for codec, sample in (("koi8-r", "Широка река, высокие берега."), ("cp932", "海の見える町に住んでいた。")):
        _guess(sample.encode(codec))


def _stated_charset(content: bytes) -> tuple[str, ...]:
    """Return what a page declares, if anything. What is readable as ASCII is not UTF-16 (WHATWG HTML, 13.2.3.3)."""
    found = _DECLARATION.search(content[:DECLARATION_WINDOW_BYTES])
    if found is None:
        return ()
    name = (found[1] or found[2]).decode()
    return ("utf-8",) if accepted_codec(name) in _UTF16 else (name,)


def accepted_codec(name: str) -> str | None:
    """Return the codec of a declared encoding, if it is accepted.

    As in browsers, Latin-1 and ASCII are Windows-1252, and UTF-16 is its little-endian form.
    """
    try:
        codec = codecs.lookup(_LABELS.get(name.lower(), name)).name
    except LookupError:
        return None
    codec = {"iso8859-1": "cp1252", "ascii": "cp1252", "utf-16": "utf-16-le"}.get(codec, codec)
    return codec if codec in ACCEPTED else None


def _fitting_encoding(content: bytes, declared: Sequence[str]) -> Encoding | None:
    """Return the first declared codec that all bytes fit, otherwise UTF-8 if they fit that."""
    utf16 = _guess_utf16(content)
    if utf16 is not None:
        return Encoding(utf16, is_guess=_UTF16.isdisjoint(declared))
    overruled = [codec for codec in declared if codec in _OVERRULED]
    codecs_in_order = (*(codec for codec in declared if codec not in _OVERRULED), "utf-8", *overruled)
    return next((Encoding(codec) for codec in codecs_in_order if _fits(content, codec)), None)


def _fits(content: bytes, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        for start in range(0, len(content), _FITS_CHUNK_BYTES):
            decoder.decode(content[start : start + _FITS_CHUNK_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _guess_utf16(content: bytes) -> str | None:
    """Return UTF-16 without a byte order mark: no other encoding of text has zeros."""
    sample = content[: SAMPLE_BYTES & ~1]
    zeros = sample.count(0)
    if len(content) % 2 or not zeros:
        return None
    if zeros < MIN_ZEROS_SHARE * len(sample):
        return _guess_utf16_without_spaces(content, sample)
    if zeros < MIN_ASCII_ZEROS_SHARE * len(sample) and _is_mostly_ascii(sample):
        return None

    def plain_characters(codec: str) -> int:
        return sum(character in _PLAIN_CHARACTERS for character in sample.decode(codec, "replace").lower())

    codec = max(("utf-16-le", "utf-16-be"), key=plain_characters)
    return codec if plain_characters(codec) and _fits(content, codec) else None


def _guess_utf16_without_spaces(content: bytes, sample: bytes) -> str | None:
    """Return UTF-16 for a text whose zeros are those of line ends and punctuation alone, as in Chinese and Japanese."""
    if _fits(content, "utf-8"):  # which has zeros only in binary data
        return None
    for codec, zeros, others in (("utf-16-be", sample[::2], sample[1::2]), ("utf-16-le", sample[1::2], sample[::2])):
        has_plain_partners = all(other in _PLAIN_BYTES for zero, other in zip(zeros, others, strict=True) if not zero)
        if others.count(0) == 0 and has_plain_partners and _fits(content, codec):
            return codec
    return None


def _is_mostly_ascii(sample: bytes) -> bool:
    """Return whether a sample without its zeros is a text in ASCII with few other bytes."""
    foreign = len(sample.translate(None, bytes(range(128))))
    return foreign < MAX_FOREIGN_SHARE * len(sample) and len(sample.translate(None, _CONTROL_BYTES)) == len(sample)


def _guess(content: bytes) -> str:
    import chardet

    # The first bytes that are not ASCII, and what surrounds them: a text may begin with pages of English.
    sample = _TAG.sub(
        b" ", content[:SAMPLE_BYTES] if _has_accents(content[:SAMPLE_BYTES]) else _around_accents(content)
    )
    guesses = chardet.detect_all(sample, ignore_threshold=True, include_encodings=_candidates(sample))
    ranked = [
        (codecs.lookup(str(guess["encoding"])).name, float(guess["confidence"] or 0))
        for guess in guesses
        if guess["encoding"]
    ]
    best, confidence = next(((codec, share) for codec, share in ranked if _fits(content, codec)), ("cp1252", 0.0))
    if best in _WESTERN or best not in _LATIN:
        return best
    lead = {codec: confidence - share for codec, share in ranked}
    if lead.get("cp1252", 1.0) < WESTERN_LEAD and _fits(content, "cp1252"):
        return "cp1252"
    is_tie = best == "cp1250" and lead.get("iso8859-2", 1.0) < MAX_TIE
    return "iso8859-2" if is_tie and not _WINDOWS_BYTE.search(content) else best


def _has_accents(sample: bytes) -> bool:
    return not sample.isascii()


def _around_accents(content: bytes) -> bytes:
    first = next(
        (at for at in range(0, len(content), SAMPLE_BYTES) if _has_accents(content[at : at + SAMPLE_BYTES])), 0
    )
    return content[first : first + SAMPLE_BYTES]


def _candidates(sample: bytes) -> Collection[str]:
    """Return the encodings that a text with so many letters beyond ASCII can have."""
    plain = sum(map(sample.count, range(ord("a"), ord("z") + 1))) + sum(
        map(sample.count, range(ord("A"), ord("Z") + 1))
    )
    letters = sample.translate(None, _WINDOWS_PUNCTUATION)
    accented = len(letters) - len(letters.translate(None, bytes(range(128, 256))))
    share = accented / max(plain + accented, 1)
    if share < MIN_ACCENTED_SHARE:
        return _LATIN
    return _OTHER_SCRIPTS if share > MAX_ACCENTED_SHARE else (*_LATIN, *_OTHER_SCRIPTS)
