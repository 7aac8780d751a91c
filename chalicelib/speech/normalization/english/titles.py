"""English Roman numerals: monarchs, chapters, pages of the front matter, centuries."""

from __future__ import annotations

import re

from chalicelib.speech.normalization import numerals
from chalicelib.speech.normalization.english.figures import DASH, cardinal, ordinal
from chalicelib.speech.normalization.rules import groups, rule

_MONARCHS = (
    "Adrian Alexander Alfonso Anne Augustus Benedict Boniface Carlos Catherine Charles Christian Clement "
    "Constantine Cyrus Darius Edward Elizabeth Felipe Ferdinand Francis Frederick George Gregory Gustav Haakon "
    "Harald Henry Innocent Isabella Ivan James John Joseph Juan Julius Justinian Leo Leopold Louis Ludwig Margaret "
    "Mary Matilda Napoleon Nicholas Olav Otto Paul Peter Philip Pius Ptolemy Ramses Richard Robert Rudolf Sixtus "
    "Theodosius Umberto Urban Victor Victoria Vittorio Wilhelm William Xerxes"
).split()
_TITLES = "King|Queen|Pope|Emperor|Empress|Tsar|Tsarina|Prince|Sultan|Shah|Kaiser"
_PLACES = (
    "Chapter|Part|Act|Scene|Volume|Vol\\.|Book|Section|Sect\\.|Appendix|Table|Figure|Fig\\.|Article|Title|Phase|Type|Class|"
    "Level|Stage|Grade|War|Canto|Stanza|Letter|Bowl|Plate|Lesson|Unit|Episode|Season|Round|Category|Division|Canon|Psalm"
)
# What follows the pronoun "I", which is no numeral: "said John. I was".
_AFTER_PRONOUN = r"['’](?:m|ll|ve|d)\b| (?:am|was|have|had|will|would|can|could|did|do|think|know)\b"
_ROMAN = r"[IVXLCivxlc]{1,9}"


def _value(match: re.Match[str], name: str = "roman") -> int | None:
    written = match[name]
    if written not in (written.upper(), written.lower()):
        return None
    return numerals.roman(written)


def _cardinal(match: re.Match[str]) -> str | None:
    value = _value(match)
    return None if value is None else cardinal(str(value))


def _ordinal(match: re.Match[str]) -> str | None:
    value = _value(match)
    return None if value is None else ordinal(str(value))


def _of_monarch(match: re.Match[str]) -> str | None:
    words = _ordinal(match)
    return words and f"the {words}"


def _sequel(match: re.Match[str]) -> str | None:
    """Return the number of a title ("Rocky IV"); letters that are likely initials or units stay."""
    return _cardinal(match) if match["roman"] not in {"C", "D", "L", "M", "I"} else None


def _page(match: re.Match[str]) -> str | None:
    return _cardinal(match)


RULES = [
    groups(
        rf"\b(?:[Pp]p?\.|[Pp]ages?) ?(?P<roman>[ivxlc]{{1,9}})\b(?:(?P<dash>{DASH})(?P<last>[ivxlc]{{1,9}})\b)?",
        roman=_page,
        dash=" to ",
        last=lambda match: None if (value := _value(match, "last")) is None else cardinal(str(value)),
    ),
    rule(rf"\b(?:{_PLACES}) (?P<it>(?P<roman>{_ROMAN}))\b(?!['’]|\.\w)", _cardinal, ignore_case=True),
    rule(r"\b(?P<it>(?P<roman>[IVX]{1,7}))(?= [Cc]entur(?:y|ies)\b)", _ordinal),
    rule(rf"\b(?:{_TITLES}) [A-Z]\w+ (?P<it>(?P<roman>[IVXL]{{1,9}}))\b(?!['’]|\.\w)", _of_monarch),
    rule(
        rf"\b(?:{'|'.join(_MONARCHS)}) (?P<it>(?P<roman>[IVXL]{{1,9}}))\b(?!\.\w|{_AFTER_PRONOUN})",
        _of_monarch,
    ),
    rule(r"\b[A-Z][a-z]+ (?P<it>(?P<roman>[IVXLC]{1,9}))(?=\s|[,;:.!?)]|$)(?! [A-Z]\.)", _sequel),
]
