"""What stands in a line but cannot be read: odd characters, ligatures, addresses, marks of notes, dots that lead to a
page number.
"""

import re
import unicodedata

LINE_END_HYPHEN = "\ufffe"  # how pdfium writes a hyphen that stands at the end of a line

_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_LIGATURE = re.compile("[\ufb00-\ufb06]")
_LEADERS = re.compile(r"\s*(?:(?:\.\s?){4,}|…{2,}|_{4,})\s*[\divxlc]*\s*$", re.IGNORECASE)
_URL = re.compile(r"\bhttps?://(?:www\.)?([\w.-]*\w)[^\s<>\"“”«»]*?(?=[.,;:!?)\]}’']*(?:[\s<>\"“”«»]|$))")
_SUPERSCRIPTS = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_FOOTNOTE_MARK = re.compile(r"\s*[\[(]?\s*(?:\d{1,3}|[*†‡§¶]{1,3})\s*[\])]?\s*(?:,\s*\d{1,3}\s*)*")
_FOOTNOTE_ANCHOR = re.compile(
    r"(?:[^\W\d_]{2}|[.,;:!?)\]”’\"»])\s?$"
)  # what a note's mark stands behind: a word, or its end
_UNIT = re.compile(r"\b(?:cm|mm|km|dm|ft|in|yd|mi)$")  # "cm2"


def clean_line(text: str) -> str:
    """One line's text in NFC, its ligatures spelled out, without what cannot be read.

    That is controls, private use, half characters and invisible marks. Of a web address only the host stays.

    Spaces are single and none stands at the ends. A soft hyphen or pdfium's stays only at the very end, as `LINE_END_HYPHEN`.
    NFC and not NFKC, which would make x2 of x².
    """
    broken = text.rstrip().endswith(("\u00ad", LINE_END_HYPHEN))
    if _LIGATURE.search(text):  # looking for one takes a tenth of the time of translating
        text = text.translate(_LIGATURES)
    plain = " ".join((text.rstrip(f"{LINE_END_HYPHEN}\u00ad ") if broken else text).split())
    if not plain.isprintable():
        plain = " ".join("".join(filter(_is_readable, plain)).split())
    if "://" in plain:
        plain = _URL.sub(r"\1", plain)
    plain = unicodedata.normalize("NFC", plain)
    return plain + LINE_END_HYPHEN if broken and plain else plain


def _is_readable(character: str) -> bool:
    """Printable, or one of the two joiners, which some scripts are spelled with."""
    return character.isprintable() or character in "\u200c\u200d"


def strip_leaders(text: str) -> tuple[str, bool]:
    """A line of a table of contents without its dots and page number, and whether it was one."""
    short = _LEADERS.sub("", text)
    return (short, True) if short != text and short else (text, False)


def superscript_text(before: str, text: str) -> str:
    """What is spoken of `text` that is set raised behind `before`: nothing of a note's mark, "²" of the 2 in x²."""
    if _FOOTNOTE_MARK.fullmatch(text) and _FOOTNOTE_ANCHOR.search(before) and not _UNIT.search(before):
        return ""
    return text.translate(_SUPERSCRIPTS)
