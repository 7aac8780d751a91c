"""Folding: the form of a text in which case, accents, widths, ligatures and invisible characters do not matter.

This is the only place that says which characters are alike. Names, the word index and queries are folded here, never in SQL.
The rules are those of Unicode's properties and names, not a list of letters: a letter is alike its decomposition without marks,
and alike the letter that its name says it is a form of ("LATIN SMALL LETTER L WITH STROKE").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress

from chalicelib.formats.normalization import to_nfc

# Letters with names of their own, as they are written where they are not on the keyboard.
_SPELLINGS = {
    "æ": "ae", "œ": "oe", "ꜳ": "aa", "ꜵ": "ao", "ꜷ": "au", "ꜹ": "av", "ꜻ": "av", "ꜽ": "ay", "ꝏ": "oo", "ꜩ": "tz", "ꝡ": "vy",
    "ƕ": "hv", "ȸ": "db", "ȹ": "qp", "þ": "th", "ð": "d", "ŋ": "n", "ĸ": "k", "ı": "i", "ȷ": "j",
}  # fmt: skip
_APOSTROPHES = ("APOSTROPHE", "SALTILLO", "TURNED COMMA", "PUNCTUATION GERESH")  # the ends of names
_PRIMES = ("MODIFIER LETTER ", "REVERSED ", "")
_SINGLE_QUOTES = {
    "GRAVE ACCENT",
    "ACUTE ACCENT",
    "MODIFIER LETTER VERTICAL LINE",
    *(f"{kind}PRIME" for kind in _PRIMES),
}
_DOUBLE_QUOTES = {f"{kind}DOUBLE PRIME" for kind in _PRIMES}
# Default_Ignorable_Code_Point that are not of the category Cf; and the Arabic elongation.
_INVISIBLE = re.compile(
    "[\u034f\u0640\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# Canonical combining classes of marks that are letters, not accents.
_BRAHMIC_AND_KANA = range(2, 10)  # nukta, voicing, virama
_BRAHMIC_VOWELS = range(37, 200)  # of Thai, Lao, Tibetan and Telugu


class _FoldedForms(dict[int, str]):
    """The folded form of each character, computed on first use."""

    def __missing__(self, code: int) -> str:
        form = self[code] = _fold_character(chr(code))
        return form


FOLDED_FORMS = _FoldedForms()
MAX_NAME_BYTES = 1_800  # with the other columns of an index entry, below the 2,704 that a B-tree takes


def fold(text: str) -> str:
    """Return the folded text. Its length may differ; white space becomes single spaces."""
    return " ".join(to_nfc(to_nfc(text).translate(FOLDED_FORMS)).split())


def fold_name(title: str, filename: str, names: Iterable[str] = ()) -> str:
    """Return what the filter by name compares; the end of names that are too long for an index is missing.

    `names` are those of creators and of a series.
    """
    return fold(" ".join([title, filename, *names])).encode()[:MAX_NAME_BYTES].decode(errors="ignore")


def is_accent(character: str) -> bool:
    """True for a mark that its letter is read without: an accent, a point, a stroke; not a vowel sign."""
    combining_class = unicodedata.combining(character)
    return unicodedata.category(character) == "Me" or (
        combining_class != 0 and combining_class not in _BRAHMIC_AND_KANA and combining_class not in _BRAHMIC_VOWELS
    )


def _fold_character(character: str) -> str:
    if character.isascii():
        return "'" if character == "`" else character.lower()
    category, name = unicodedata.category(character), unicodedata.name(character, "")
    if category == "Cf" or _INVISIBLE.match(character) or is_accent(character):
        return ""
    if category == "Pd" or character == "\N{MINUS SIGN}":
        return "-"
    if category[0] == "Z" or character.isspace():
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return _fold_quote(name) or _fold_letter(character, name)


def _fold_quote(name: str) -> str:
    """Return the plain form of a quotation mark or an apostrophe, "" for other characters."""
    if "QUOTATION MARK" in name:
        return "'" if "SINGLE " in name else '"'
    if name in _DOUBLE_QUOTES or name.endswith("PUNCTUATION GERSHAYIM"):
        return '"'
    is_apostrophe = name.endswith(_APOSTROPHES) and "PRECEDED BY" not in name
    return "'" if is_apostrophe or name in _SINGLE_QUOTES else ""


def _fold_letter(character: str, name: str) -> str:
    for parts in (unicodedata.normalize("NFKD", character), character.casefold(), _SPELLINGS.get(character, character)):
        if parts != character:
            return unicodedata.normalize("NFC", parts.translate(FOLDED_FORMS))
    base = name.partition(" WITH ")[0] if name.startswith(("LATIN ", "CYRILLIC ")) else name.replace(" FINAL ", " ")
    if base != name:
        with suppress(KeyError):  # some forms are of letters that have no character of their own
            return FOLDED_FORMS[ord(unicodedata.lookup(base))]
    return character
