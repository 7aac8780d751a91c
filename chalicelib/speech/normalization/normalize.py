"""Normalization of a text: English and German by rules of their own, the numbers of further languages, others unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import cache

from chalicelib.speech.normalization import english, further_languages, german, line_ends, readings, rules, symbols
from chalicelib.speech.normalization.model import Replacement, SpokenText
from chalicelib.speech.normalization.rules import Rule


class Extent(StrEnum):
    """Extent of normalization: everything, or only addresses, note marks, citations, signs and ornaments."""

    EVERYTHING = "everything"
    MARKS = "marks"


def normalize(
    text: str, language: str, extent: Extent = Extent.EVERYTHING, *, decided: Sequence[Replacement] = ()
) -> SpokenText:
    """Return what is said for a text in a language (BCP 47). Pure: the same text is always said in the same way.

    `decided` replacements, in order, count before all rules; one that says what is written keeps it from them.
    """
    found = rules.apply(_rules(language.lower(), extent), text, decided)
    replacements = [item for item in found if _is_change(item, text)]
    if extent is Extent.EVERYTHING:
        replacements = line_ends.add_stops(text, replacements)
    return SpokenText.of(text, replacements) if replacements else SpokenText(text)


_RULES: dict[tuple[str, Extent], Sequence[Rule]] = {
    ("en", Extent.EVERYTHING): english.RULES,
    ("en", Extent.MARKS): english.MARKS,
    ("de", Extent.EVERYTHING): german.RULES,
    ("de", Extent.MARKS): german.MARKS,
}


@cache
def _rules(language: str, extent: Extent) -> Sequence[Rule]:
    primary = language.partition("-")[0]
    if (own := _RULES.get((primary, extent))) is not None:
        return own
    signs = [*symbols.SCENE_BREAKS, *(readings.RULES if primary == "ja" else ())]
    return [*signs, *(further_languages.rules(primary) if extent is Extent.EVERYTHING else ())]


def _is_change(replacement: Replacement, text: str) -> bool:
    return text[replacement.start : replacement.end] != replacement.spoken
