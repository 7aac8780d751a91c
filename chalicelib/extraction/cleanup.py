"""Cleanup of single lines: odd characters, ligatures, web addresses, footnote marks, leaders."""

import re

from chalicelib.formats.normalization import to_nfc

LINE_END_HYPHEN = "\ufffe"  # pdfium's character for a hyphen at the end of a line

ANCHOR_CHARACTERS = 3
MAX_SUPERSCRIPT_CHARACTERS = 200  # a mark or an exponent has a few

_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_LIGATURE = re.compile("[\ufb00-\ufb06]")
# Of a contents line read from its end: page number, then leaders. From the start, each space might begin them.
_REVERSED_LEADERS = re.compile(r"\s*(?:[\divxlc]+\s*)?(?:\.(?:\s?\.){3,}|…{2,}|_{4,})\s*", re.IGNORECASE)
_URL = re.compile(r"\bhttps?://(?:www\.)?([\w.-]*\w)([^\s<>\"“”«»]*)")
_PUNCTUATION_AFTER_URL = ".,;:!?)]}’'"
_SUPERSCRIPTS = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_FOOTNOTE_MARK = re.compile(r"\s*(?:[\[(]\s*)?(?:\d{1,3}|[*†‡§¶]{1,3})\s*(?:[\])]\s*)?(?:,\s*\d{1,3}\s*)*")
_FOOTNOTE_ANCHOR = re.compile(r"(?:[^\W\d_]{2}|[.,;:!?)\]”’\"»])\s?$")  # text before a mark: a word, or punctuation
_UNIT = re.compile(r"\b(?:cm|mm|km|dm|ft|in|yd|mi)$")  # "cm2"


def clean_line(text: str) -> str:
    """Return the line in NFC, with ligatures spelled out and without unreadable characters.

    Unreadable are controls, private use, lone surrogates and invisible marks. A web address is reduced to its host.
    Spaces are single, with none at either end. A soft hyphen, or pdfium's, is kept only at the very end, as
    `LINE_END_HYPHEN`. NFC and not NFKC, which would turn x² into x2.
    """
    is_divided = text.rstrip().endswith(("\u00ad", LINE_END_HYPHEN))
    if _LIGATURE.search(text):  # searching takes a tenth of the time of translating
        text = text.translate(_LIGATURES)
    line = " ".join((text.rstrip(f"{LINE_END_HYPHEN}\u00ad ") if is_divided else text).split())
    if not line.isprintable():
        line = " ".join("".join(filter(_is_readable, line)).split())
    if "://" in line:
        line = _URL.sub(_spoken_url, line)
    line = to_nfc(line)
    return line + LINE_END_HYPHEN if is_divided and line else line


def _spoken_url(match: re.Match[str]) -> str:
    """Return the host of a web address, and the punctuation that follows the address."""
    host, path = match.groups()
    return f"{host}{path[len(path.rstrip(_PUNCTUATION_AFTER_URL)) :]}"


def _is_readable(character: str) -> bool:
    """Return True if printable, or a joiner: some scripts need the two joiners for spelling."""
    return character.isprintable() or character in "\u200c\u200d"


def strip_leaders(text: str) -> tuple[str, bool]:
    """Return a contents line without its leaders and page number, and whether it had them."""
    leaders = _REVERSED_LEADERS.match(text[::-1])
    title = text[: len(text) - leaders.end()] if leaders else ""
    return (title, True) if title else (text, False)


def superscript_text(before: str, text: str) -> str:
    """Return the spoken form of a superscript: "" for a footnote mark, "²" in x².

    Of the text before it, the last ANCHOR_CHARACTERS count. Raised type longer than MAX_SUPERSCRIPT_CHARACTERS is text.
    """
    if len(text) > MAX_SUPERSCRIPT_CHARACTERS:
        return text
    if _FOOTNOTE_MARK.fullmatch(text) and _FOOTNOTE_ANCHOR.search(before) and not _UNIT.search(before):
        return ""
    return text.translate(_SUPERSCRIPTS)
