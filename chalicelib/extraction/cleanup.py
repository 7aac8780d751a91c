"""Cleanup of single lines: odd characters, ligatures, web addresses, footnote marks, leaders."""

import re
from unicodedata import normalize

from chalicelib.extraction import addresses, private_use
from chalicelib.formats.normalization import to_nfc

LINE_END_HYPHEN = "\ufffe"  # pdfium's character for a hyphen at the end of a line

ANCHOR_CHARACTERS = 16  # before a superscript: the word, and an equals sign before it
MAX_SUPERSCRIPT_CHARACTERS = 200  # a mark or an exponent has a few

_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_LIGATURE = re.compile("[\ufb00-\ufb06]")
# Of a contents line read from its end: page number, then leaders. From the start, each space might begin them.
_REVERSED_LEADERS = re.compile(r"\s*(?:[\divxlc]+\s*)?(?:\.(?:\s?\.){3,}|…{2,}|_{4,})\s*", re.IGNORECASE)
# Letters that differ from plain ones only in style: mathematical bold, italic, script …, and full-width Latin.
_STYLED = re.compile("[\U0001d400-\U0001d7ff]|[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")
_PLANCK = "\u210e"  # the italic h, which is missing among the mathematical letters
_SUPERSCRIPTS = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_FOOTNOTE_MARK = re.compile(r"\s*(?:[\[(]\s*)?(?:\d{1,3}|[*†‡§¶]{1,3}|[a-z])\s*(?:[\])]\s*)?(?:[,–-]\s*\d{1,3}\s*)*")
_FOOTNOTE_ANCHOR = re.compile(r"(?:[^\W\d_]{2}|[.,;:!?)\]”’\"»])\s?$")  # text before a mark: a word, or punctuation
_LETTER_ANCHOR = re.compile(r"(?:[a-zß-ÿ]{3}|[.,;:!?)\]”’\"»])\s?$")  # before a letter; not "XIXe", "Mme", "No"
# What is raised to a power: "cm", "sin", "mc", and short names behind an equals sign.
_UNIT = re.compile(r"\b(?:cm|mm|km|dm|ft|in|yd|mi)$")
_FUNCTION = re.compile(r"\b(?:sin|cos|tan|cot|sec|csc|log|ln|lg|exp|det|sinh|cosh|tanh)$")
_VARIABLES = re.compile(r"(?:\b[b-df-hj-np-tv-xzB-DF-HJ-NP-TV-XZ]{2}|=\s?[^\W\d_]{1,3})$")


def clean_line(text: str, *, keeps_addresses: bool = False) -> str:
    """Return the line in NFC, with ligatures spelled out and without unreadable characters.

    Unreadable are controls, private use beyond `private_use`, lone surrogates and invisible marks. A web address is reduced to
    its host, unless `keeps_addresses`: a printed one may go on in the next line.
    Spaces are single, with none at either end. A soft hyphen, or pdfium's, is kept only at the very end, as
    `LINE_END_HYPHEN`. NFC and not NFKC, which would turn x² into x2: only letters that differ in style become plain.
    """
    if text.isascii() and (plain := " ".join(text.split())).isprintable():  # most lines: nothing else applies to them
        return plain if keeps_addresses or not (found := addresses.find(plain)) else addresses.shorten(plain, found)
    is_divided = text.rstrip().endswith(("\u00ad", LINE_END_HYPHEN))
    line = readable_text(text.rstrip(f"{LINE_END_HYPHEN}\u00ad ") if is_divided else text).strip()
    line = to_nfc(line)
    if not keeps_addresses and (found := addresses.find(line)):
        line = addresses.shorten(line, found)
    return line + LINE_END_HYPHEN if is_divided and line else line


def readable_text(text: str, *, keeps_spaces: bool = False) -> str:
    """Return the characters of a line that can be read: plain letters, and single spaces also at its ends.

    With `keeps_spaces`, a space stays as wide as it is.
    """
    if _LIGATURE.search(text):  # searching takes a tenth of the time of translating
        text = text.translate(_LIGATURES)
    text = private_use.spelled_out(text)
    if not text.isascii() and _STYLED.search(text):
        text = _STYLED.sub(_plain_letter, text.replace(_PLANCK, "h"))
    if not keeps_spaces:
        text = _single_spaces(text)
    return text if text.isprintable() else _without_unreadable(text, keeps_spaces=keeps_spaces)


def _without_unreadable(text: str, *, keeps_spaces: bool) -> str:
    readable = "".join(filter(_is_readable, text))
    return readable if keeps_spaces else _single_spaces(readable)


def _single_spaces(text: str) -> str:
    line = " ".join(text.split())
    if not line:
        return " " if text else ""
    return f"{' ' * text[0].isspace()}{line}{' ' * text[-1].isspace()}"


def _plain_letter(match: re.Match[str]) -> str:
    return normalize("NFKC", match[0])


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
    if _FOOTNOTE_MARK.fullmatch(text) and _is_anchor(before, text.strip()):
        return ""
    return text.translate(_SUPERSCRIPTS)


def _is_anchor(before: str, mark: str) -> bool:
    """Return whether a note mark can stand behind a text, rather than an exponent or the end of an abbreviation."""
    if mark.isalpha():
        return _LETTER_ANCHOR.search(before) is not None
    if not _FOOTNOTE_ANCHOR.search(before) or _UNIT.search(before):
        return False
    is_exponent = len(mark) == 1 and mark.isdigit()
    return not (is_exponent and (_FUNCTION.search(before) or _VARIABLES.search(before)))
